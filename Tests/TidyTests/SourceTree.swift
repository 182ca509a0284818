import Foundation

/// The text files of a checkout by their paths from its top; what the rules judge.
struct SourceTree {
  var files: [SourceFile]
  /// Names at the top, directories included.
  var topLevelNames: [String]

  /// A tree that exists only in a test.
  init(_ texts: [String: String]) {
    files = texts.map { SourceFile(path: $0.key, text: $0.value) }.sorted { $0.path < $1.path }
    topLevelNames = Set(texts.keys.map { String($0.prefix { $0 != "/" }) }).sorted()
  }

  /// The tree this test was built from.
  static func checkout() throws -> SourceTree {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    var tree = SourceTree([:])
    tree.topLevelNames = try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
    for name in tree.topLevelNames where name == ".ci" || !name.hasPrefix(".") {
      try tree.load(name, under: root)
    }
    return tree
  }

  var manifest: Manifest {
    Manifest(files.first { $0.path == "Package.swift" }?.text ?? "")
  }

  private mutating func load(_ path: String, under root: URL) throws {
    let url = root.appending(path: path)
    if try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
      for name in try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() {
        try load(path + "/" + name, under: root)
      }
    } else if SourceFile.isText(path) {
      files.append(SourceFile(path: path, text: try String(contentsOf: url, encoding: .utf8)))
    }
  }
}
