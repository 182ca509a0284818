import SpanTestKit
import SpanWire
import Testing

struct TagFilterTests {
  /// How many of 20,000 other tags may seem to be there: half as many again as should.
  private static func falseCountMax(isStored: Bool) -> Int { isStored ? 510 : 2_150 }

  @Test(arguments: [0, 1, 2, 7, 100, 1_500, 20_000], [true, false])
  func `what was added may be there, and hardly anything else`(count: Int, isStored: Bool) {
    let density: TagFilter.Density = isStored ? .stored : .held
    var random = SeededRandom(seed: UInt64(count))
    let tags = (0..<count).map { _ in random.next() }
    var collector = TagCollector()
    defer { collector.deallocate() }
    for tag in tags + tags.reversed() { collector.add(tag) }
    var bytes: [UInt8] = []
    #expect(collector.flush(density, to: &bytes) == bytes.count)
    let found = bytes.withUnsafeBytes { bytes in
      let filter = TagFilter(bytes, density)
      #expect(tags.allSatisfy { filter.mayContain($0) })
      return (0..<20_000).count { _ in filter.mayContain(random.next()) }
    }
    #expect(found < Self.falseCountMax(isStored: isStored), "of 20,000 that were not added")
  }

  @Test func `zero is a tag like any other`() {
    var collector = TagCollector()
    defer { collector.deallocate() }
    collector.add(0)
    collector.add(~0)
    #expect(collector.count == 2)
  }

  @Test func `without a filter everything may be there`() {
    #expect(TagFilter(UnsafeRawBufferPointer(start: nil, count: 0)).mayContain(7))
  }

  @Test func `numbers that searches hold equal have one tag, and kinds that differ have others`() {
    let hash = TagHash(key: SealedBytes.hashKey)
    #expect(hash.tag(int: 500, key: "a") == hash.tag(double: 500, key: "a"))
    #expect(hash.tag(double: -0.0, key: "a") == hash.tag(int: 0, key: "a"))
    let tags = [
      hash.tag(int: 1, key: "a"), hash.tag(bool: true, key: "a"), hash.tag(text: "1", key: "a"),
      hash.tag(double: 1.5, key: "a"), hash.tag(key: "a"), hash.tag(name: "a"), hash.tag(int: 1, key: "b"),
      hash.tag(scope: 1), hash.errorTag,
    ]
    #expect(Set(tags).count == tags.count)
  }
}
