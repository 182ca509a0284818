package import SpanModel
internal import SpanWire

/// The places of all traces in all segments, ascending by tag: those of one tag follow each other, the oldest
/// segment's first.
///
/// Of each index it holds a piece, of all together about 3 MiB and what 16 entries for each take. It shows
/// what was there when it was made, and perhaps some of what is appended meanwhile. One thread at a time.
package struct IndexMerge {
  /// Where a trace stands.
  package struct Entry {
    /// Equal for equal traces; others may share it.
    package let tag: UInt32
    package let segment: Segment
    /// The segment's number in this merge.
    package let number: Int
    package let place: TraceIndex.Place
  }

  package static let heldEntryCountUsual = 1 << 18
  private static let pieceEntryCounts = 16...340

  private let hash: TraceIDHash
  private let repair: IndexRepair
  /// `nil` for those that were let go.
  private var segments: [IndexedSegment?]
  /// `nil` behind the end, and for segments that were let go.
  private var cursors: [IndexCursor?]
  /// Numbers of cursors whose next tag is not known.
  private var unknown: [Int]
  /// The next tag of each of the others, with the cursor's number.
  private var nextTags = TagHeap()

  init(_ segments: [IndexedSegment], hash: TraceIDHash, repair: IndexRepair, heldEntryCountMax: Int) {
    (self.segments, self.hash, self.repair) = (segments, hash, repair)
    let share = heldEntryCountMax / max(1, segments.count)
    let piece = min(max(share, Self.pieceEntryCounts.lowerBound), Self.pieceEntryCounts.upperBound)
    cursors = segments.map { IndexCursor($0, repair: repair, fileEntryCountMax: piece) }
    unknown = Array(cursors.indices)
  }

  /// The next place, or `nil` at the end. May ask the disk.
  ///
  /// - Throws: `.corrupt` when an index and its segment are damaged; what follows is of the other segments.
  package mutating func next() throws(StoreError) -> Entry? {
    while let number = unknown.popLast() { try findTag(of: number) }
    while let (tag, number) = nextTags.removeLeast() {
      // Else it was let go.
      guard let segment = segments[number]?.segment, let place = cursors[number]?.next() else { continue }
      unknown.append(number)
      return Entry(tag: tag, segment: segment, number: number, place: place)
    }
    return nil
  }

  private mutating func findTag(of number: Int) throws(StoreError) {
    do throws(StoreError) {
      guard let tag = try cursors[number]?.nextTag() else {
        cursors[number] = nil
        return
      }
      nextTags.insert(tag, number)
    } catch {
      cursors[number] = nil
      throw error
    }
  }

  /// The places of a trace in the segments with these numbers.
  package func places(of traceID: TraceID, in numbers: [Int]) -> [PlaceReader] {
    let hash = hash.hash(of: traceID)
    return numbers.compactMap { number in
      segments[number].flatMap { PlaceReader($0, hash: hash, repair: repair) }
    }
  }

  /// Lets go of the segments that are not among `sequences`: retention frees the space of a file when nobody
  /// has it open.
  mutating func keep(only sequences: Set<SegmentSequence>) {
    for number in segments.indices {
      guard let segment = segments[number]?.segment, !sequences.contains(segment.sequence) else { continue }
      (segments[number], cursors[number]) = (nil, nil)
    }
  }
}

/// Tags with the numbers of cursors, of which the least can be had: a binary heap.
private struct TagHeap {
  /// The tag above the number: so they are ordered by tag, and by number where tags are equal.
  private var keys: [UInt64] = []

  mutating func insert(_ tag: UInt32, _ number: Int) {
    var place = keys.count
    keys.append(UInt64(tag) << 32 | UInt64(number))
    while place > 0, case let parent = (place - 1) / 2, keys[place] < keys[parent] {
      keys.swapAt(place, parent)
      place = parent
    }
  }

  mutating func removeLeast() -> (tag: UInt32, number: Int)? {
    guard let last = keys.popLast() else { return nil }
    guard let least = keys.first else { return Self.parts(of: last) }
    keys[0] = last
    var place = 0
    while case let child = lesserChild(of: place), child < keys.count, keys[child] < keys[place] {
      keys.swapAt(place, child)
      place = child
    }
    return Self.parts(of: least)
  }

  private func lesserChild(of place: Int) -> Int {
    let left = 2 * place + 1
    return left + 1 < keys.count && keys[left + 1] < keys[left] ? left + 1 : left
  }

  private static func parts(of key: UInt64) -> (tag: UInt32, number: Int) {
    (UInt32(truncatingIfNeeded: key >> 32), Int(key & 0xffff_ffff))
  }
}
