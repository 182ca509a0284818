/// One text file and what the rules ask of it.
struct SourceFile {
  let path: String
  let text: String
  let lines: [Substring]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  private static let textEndings = [
    ".swift", ".md", ".sh", ".py", ".c", ".h", ".proto", ".modulemap", "/run",
  ]

  static func isText(_ path: String) -> Bool {
    textEndings.contains { path.hasSuffix($0) }
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isGenerated: Bool { path.contains("/Generated/") || path.hasSuffix(".pb.swift") }
  var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }

  /// The modules it imports, with the number of the line.
  var imports: [(module: String, line: Int)] {
    guard isSwift else { return [] }
    return lines.enumerated().compactMap { index, line in
      Self.importedModule(line).map { ($0, index + 1) }
    }
  }

  private static let importModifiers: Set<Substring> = [
    "public", "package", "internal", "private", "fileprivate", "@testable", "@preconcurrency", "@_exported",
  ]
  private static let importKinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "func", "let", "var", "typealias",
  ]

  /// `Glibc` for `package import struct Glibc.timespec`; `nil` for a line that imports nothing.
  private static func importedModule(_ line: Substring) -> String? {
    guard line.contains("import ") else { return nil }
    var words = line.split(separator: " ")[...]
    while let word = words.first, importModifiers.contains(word) { words.removeFirst() }
    guard words.popFirst() == "import" else { return nil }
    if let word = words.first, importKinds.contains(word) { words.removeFirst() }
    return words.first.map { String($0.prefix { $0 != "." }) }
  }

  /// Numbers of the lines that are a comment and too wide.
  var wideComments: [Int] {
    lines.indices.filter { index in
      lines[index].count > SizeRule.commentColumnMax && lines[index].drop { $0 == " " }.hasPrefix("//")
    }.map { $0 + 1 }
  }

  /// Functions and initializers with bodies: where they begin and how many lines they take.
  var functions: [(line: Int, lineCount: Int)] {
    guard isSwift else { return [] }
    return lines.indices.compactMap { index in
      guard Self.beginsFunction(lines[index]) else { return nil }
      return bodyLineCount(from: index).map { (index + 1, $0) }
    }
  }

  private static func beginsFunction(_ line: Substring) -> Bool {
    let code = line.drop { $0 == " " }
    guard !code.hasPrefix("//"), !code.hasPrefix("*") else { return false }
    let words = code.prefix { $0 != "(" && $0 != "{" && $0 != "\"" }.split(separator: " ")
    return words.contains("func") || words.contains("init") || words.contains("init?")
      || words.contains("deinit")
  }

  /// Lines from `first` to the brace that closes the first one opened; `nil` when none is opened.
  private func bodyLineCount(from first: Int) -> Int? {
    var depth = 0
    var isOpen = false
    for index in first..<min(lines.count, first + 1000) {
      let code = Self.withoutTextAndComment(lines[index])
      // A requirement of a protocol or an import of another declaration has no body of its own.
      if !isOpen && index > first && (Self.beginsFunction(lines[index]) || code.hasPrefix("}")) { return nil }
      for character in code {
        if character == "{" {
          depth += 1
          isOpen = true
        } else if character == "}" {
          depth -= 1
        }
      }
      if isOpen && depth <= 0 { return index - first + 1 }
      if !isOpen && depth < 0 { return nil }
    }
    return nil
  }

  private static func withoutTextAndComment(_ line: Substring) -> String {
    var code = ""
    var isText = false
    var isEscaped = false
    for character in line {
      if isEscaped {
        isEscaped = false
      } else if isText && character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isText.toggle()
      } else if !isText {
        if character == "/" && code.hasSuffix("/") { break }
        code.append(character)
      }
    }
    return code
  }
}
