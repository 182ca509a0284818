import Testing

private let manifest = """
  let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
  let package = Package(
    targets: [
      .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
      .target(name: "SpanModel", swiftSettings: strict),
      .target(
        name: "SpanEngine", dependencies: ["SpanModel"],
        swiftSettings: strict),
      .target(name: "SpanNet", dependencies: [nioCore], swiftSettings: strict),
      .target(name: "SpanTestKit", dependencies: ["SpanModel"], path: "Tests/SpanTestKit"),
      .testTarget(name: "SpanEngineTests", dependencies: ["SpanEngine"]),
    ]
  )
  """

/// The smallest tree without a violation.
private let tidy = [
  "Package.swift": manifest,
  "README.md": "# Name\n",
  "Sources/SpanModel/A.swift": "struct A {}\n",
  "Sources/SpanEngine/Files/B.swift": "package import SpanModel\nimport Glibc\n",
  "Sources/SpanNet/C.swift": "import NIOCore\nimport Foundation\n",
  "Tests/SpanTestKit/D.swift": "import SpanModel\n",
  "Tests/SpanEngineTests/E.swift": "import Testing\n@testable import SpanEngine\nimport Foundation\n",
]

private func violations(_ changes: [String: String]) -> [String] {
  let tree = SourceTree(tidy.merging(changes) { $1 })
  return ImportRule.violations(in: tree) + LayoutRule.violations(in: tree)
    + SizeRule.violations(in: tree) + WordRule.violations(in: tree)
}

/// The rules, held against trees with one thing wrong: each is found, and nothing else.
struct PlantedTests {
  @Test func `a tidy tree has no violation`() {
    #expect(violations([:]) == [])
  }

  @Test func `the manifest is read with its names, products, paths and order`() {
    let read = Manifest(manifest)
    #expect(
      read.targets.map(\.name) == [
        "CLZ4", "SpanModel", "SpanEngine", "SpanNet", "SpanTestKit", "SpanEngineTests",
      ])
    #expect(read.targets[3].dependencies == ["NIOCore"])
    #expect(read.target(of: "Tests/SpanTestKit/D.swift")?.name == "SpanTestKit")
    #expect(read.target(of: "Tests/SpanEngineTests/E.swift")?.isTest == true)
  }

  @Test(arguments: [
    ("import SpanEngine", "SpanModel imports SpanEngine, which the manifest does not give it"),
    ("import NIOCore", "SpanModel imports NIOCore, which the manifest does not give it"),
    ("package import struct Foundation.URL", "SpanModel imports Foundation, which that target may not use"),
    ("@preconcurrency import Glibc", "SpanModel imports Glibc, which that target may not use"),
    ("import Testing", "SpanModel imports Testing, which that target may not use"),
  ])
  func `an import the target may not have is found`(line: String, text: String) {
    #expect(
      violations(["Sources/SpanModel/A.swift": "\n\(line)\n"]) == ["Sources/SpanModel/A.swift:2: \(text)"])
  }

  @Test func `the engine calls the system in two folders only`() {
    #expect(
      violations(["Sources/SpanEngine/Lane/F.swift": "import Glibc\n"]) == [
        "Sources/SpanEngine/Lane/F.swift:1: SpanEngine imports Glibc, but inside the engine only Files/ "
          + "and Threads/ call the system"
      ])
  }

  @Test func `a dependency that nothing imports is found`() {
    #expect(
      violations(["Sources/SpanNet/C.swift": "import Foundation\n"]) == [
        "Package.swift: SpanNet names NIOCore and no file of it imports that"
      ])
  }

  @Test func `an outside package in the wrong target is found`() {
    let wrong = manifest.replacing(
      #"name: "SpanModel""#, with: #"name: "SpanModel", dependencies: [nioCore]"#)
    #expect(
      violations(["Package.swift": wrong, "Sources/SpanModel/A.swift": "import NIOCore\n"]) == [
        "Package.swift: SpanModel names NIOCore, which that target may not use"
      ])
  }

  @Test func `a dependency upward is found`() {
    let wrong = manifest.replacing(
      #"name: "SpanModel""#, with: #"name: "SpanModel", dependencies: ["SpanNet"]"#)
    #expect(
      violations(["Package.swift": wrong, "Sources/SpanModel/A.swift": "import SpanNet\n"]) == [
        "Package.swift: SpanModel depends on SpanNet, which is listed below it"
      ])
  }

  @Test func `a strange name at the top is found`() {
    #expect(violations(["notes.md": ""]) == ["notes.md: does not belong at the top"])
  }

  @Test func `a file past the limit is found`() {
    let text = String(repeating: "\n", count: SizeRule.fileLineCountMax + 1)
    #expect(
      violations(["Sources/SpanModel/G.swift": text]) == ["Sources/SpanModel/G.swift: 801 lines, over 800"])
    #expect(violations(["Sources/SpanModel/Generated/G.swift": text]) == [])
  }

  @Test func `a comment past the limit is found`() {
    let text = "  // " + String(repeating: "x", count: SizeRule.commentColumnMax)
    #expect(
      violations(["Sources/SpanModel/G.swift": text]) == [
        "Sources/SpanModel/G.swift:1: a comment of more than 110 columns"
      ])
  }

  @Test(arguments: ["func f(a: Int) {", "package init(\n  _ a: Int\n) {", "  deinit {"])
  func `a function past the limit is found`(head: String) {
    let body = String(repeating: "  print(\"}\")  // }\n", count: SizeRule.functionLineCountMax - 1)
    let lineCount = head.split(separator: "\n").count + SizeRule.functionLineCountMax
    #expect(
      violations(["Sources/SpanModel/G.swift": "protocol P { func p() }\n\(head)\n\(body)}\n"]) == [
        "Sources/SpanModel/G.swift:2: a function of \(lineCount) lines, over 100"
      ])
  }

  @Test(arguments: ["TO" + "DO", "see /wo" + "rk/x", "https://py" + "pi.example"])
  func `a banned word is found in any text`(text: String) {
    #expect(violations(["docs/page.md": "a\n\(text)\n"]).count == 1)
  }

  @Test func `a type named for no job is found`() {
    let name = "Lane" + "Man" + "ager"
    #expect(
      violations(["Sources/SpanModel/G.swift": "package final class \(name) {\n}\n"]) == [
        "Sources/SpanModel/G.swift:1: \"\(name)\""
      ])
  }
}
