/// The tags of the spans of a row group, or of a request, on their way into a filter: each once, but for a
/// few that come again after many others.
package struct TagCollector: BitwiseCopyable {
  /// A power of two.
  private static let recentCount = 2048

  /// What was added last, by the lowest bits.
  private var recent = PlainArray<UInt64>()
  private var tags = PlainArray<UInt64>()

  package init() { forget() }

  package func deallocate() {
    recent.deallocate()
    tags.deallocate()
  }

  package var count: Int { tags.count }

  @inline(__always)
  package mutating func add(_ tag: UInt64) {
    let place = Int(truncatingIfNeeded: tag) & (Self.recentCount &- 1)
    if recent[place] == tag { return }
    recent[place] = tag
    tags.append(tag)
  }

  /// Appends the filter of what was added, and forgets it.
  ///
  /// - Returns: bytes appended.
  mutating func flush(_ density: TagFilter.Density, to bytes: inout PlainArray<UInt8>) -> Int {
    defer { forget() }
    return TagFilter.append(tags.elements, density, to: &bytes)
  }

  /// The same, for bytes of another owner.
  package mutating func flush(_ density: TagFilter.Density, to bytes: inout [UInt8]) -> Int {
    var filter = PlainArray<UInt8>()
    defer { filter.deallocate() }
    let byteCount = flush(density, to: &filter)
    bytes.append(contentsOf: filter.bytes)
    return byteCount
  }

  private mutating func forget() {
    tags.removeAll()
    recent.removeAll()
    recent.append(repeating: 0, count: Self.recentCount)
    // Nothing has this place and this value; and zero itself is not yet there.
    recent[0] = ~0
  }
}
