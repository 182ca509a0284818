import Testing

/// The rules, held against this checkout.
struct CheckoutTests {
  private let tree: SourceTree

  init() throws { tree = try SourceTree.checkout() }

  @Test func `the checkout and its manifest were found`() {
    #expect(tree.files.contains { $0.path == "Sources/spanlog/Main.swift" })
    #expect(tree.manifest.targets.contains { $0.name == "spanlog" })
  }

  @Test func `every import is one the manifest and the map allow`() {
    #expect(ImportRule.violations(in: tree) == [])
  }

  @Test func `targets stand bottom-up and nothing strange stands at the top`() {
    #expect(LayoutRule.violations(in: tree) == [])
  }

  @Test func `no file and no function is past the limit`() {
    print(SizeRule.report(on: tree))
    #expect(SizeRule.violations(in: tree) == [])
  }

  @Test func `no banned word or path stands anywhere`() {
    #expect(WordRule.violations(in: tree) == [])
  }
}
