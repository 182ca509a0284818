import SpanTestKit
import SpanWire
import Testing

struct TagFilterTests {
  @Test(arguments: [0, 1, 2, 7, 100, 1_500, 20_000])
  func `what was added may be there, and hardly anything else`(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    let tags = (0..<count).map { _ in random.next() }
    var collector = TagCollector()
    defer { collector.deallocate() }
    for tag in tags + tags.reversed() { collector.add(tag) }
    var bytes: [UInt8] = []
    #expect(collector.flush(to: &bytes) == bytes.count)
    let found = bytes.withUnsafeBytes { bytes in
      let filter = TagFilter(bytes)
      #expect(tags.allSatisfy { filter.mayContain($0) })
      return (0..<20_000).count { _ in filter.mayContain(random.next()) }
    }
    #expect(found < 600, "of 20,000 that were not added")
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
