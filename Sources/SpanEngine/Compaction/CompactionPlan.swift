internal import SpanModel
internal import SpanWire

/// What can become part of a compacted segment.
protocol CompactionUnit {
  /// Bytes of its spans as they came.
  var rawByteCount: UInt64 { get }
  var fileByteCount: UInt64 { get }
  /// Of its first and last record.
  var arrivals: (first: Timestamp, last: Timestamp) { get }
  /// Segments of owners stay apart.
  var owner: RecordOwner { get }
}

extension SealedSegment: CompactionUnit {
  var rawByteCount: UInt64 { footer.rawByteCount }
  var fileByteCount: UInt64 { footer.fileByteCount }
  var arrivals: (first: Timestamp, last: Timestamp) { (footer.firstArrival, footer.lastArrival) }
  var owner: RecordOwner { footer.owner }
}

/// Which sealed segments are to become one: neighbours among those of one owner.
struct CompactionPlan {
  /// Each input that is merged is open with a row group in memory, and its dictionary with it.
  static let inputCountMax = 64
  /// Fewer gain too little for the writing.
  private static let inputCountMin = 4

  /// Bytes of spans, as they came, that an output may have.
  let byteCountMax: UInt64
  /// How far apart the first and the last record of an output may have arrived: of any distance if `nil`.
  var arrivalsMax: Duration?

  /// The neighbours that are merged first in the background: at least four, the largest of which is no more
  /// than half of all.
  ///
  /// So a span comes each time into a segment of twice the size or more, and is rewritten no more often than
  /// its first one's size can be doubled up to the bound.
  ///
  /// - Parameters:
  ///   - segments: oldest first.
  ///   - isKept: of what stays as it is, and parts its neighbours.
  func next<Unit: CompactionUnit>(of segments: [Unit], keeping isKept: (Unit) -> Bool) -> [Unit]? {
    for run in Self.parted(segments).flatMap({ $0.split(whereSeparator: isKept) }) {
      guard run.count >= Self.inputCountMin else { continue }
      for first in run.startIndex...run.endIndex - Self.inputCountMin {
        if let similar = similar(run[first...]) { return Array(similar) }
      }
    }
    return nil
  }

  /// The segments of each owner, oldest first; that of the oldest segment comes first.
  private static func parted<Unit: CompactionUnit>(_ segments: [Unit]) -> [[Unit]] {
    guard let first = segments.first else { return [] }
    if segments.allSatisfy({ $0.owner == first.owner }) { return [segments] }
    var places: [RecordOwner: Int] = [:]
    var parts: [[Unit]] = []
    for segment in segments {
      let place = places[segment.owner] ?? parts.count
      places[segment.owner] = place
      if place == parts.count { parts.append([]) }
      parts[place].append(segment)
    }
    return parts
  }

  /// How many files the background has still to merge, and their bytes.
  func debt(of segments: [some CompactionUnit]) -> (segmentCount: UInt64, byteCount: UInt64) {
    var segmentCount: UInt64 = 0
    var byteCount: UInt64 = 0
    for part in Self.parted(segments) {
      var rest = part[...]
      while rest.count >= Self.inputCountMin {
        let run = similar(rest) ?? []
        segmentCount += UInt64(run.count)
        byteCount += run.reduce(0) { $0 + $1.fileByteCount }
        rest = rest.dropFirst(max(1, run.count))
      }
    }
    return (segmentCount, byteCount)
  }

  /// The longest run from the first segment on that is worth merging.
  private func similar<Unit: CompactionUnit>(_ segments: ArraySlice<Unit>) -> ArraySlice<Unit>? {
    var longest = 0
    var largest: UInt64 = 0
    for (count, total) in fitting(segments).enumerated() {
      largest = max(largest, segments[segments.startIndex + count].rawByteCount)
      if count + 1 >= Self.inputCountMin, largest <= total / 2 { longest = count + 1 }
    }
    return longest > 0 ? segments.prefix(longest) : nil
  }

  /// All segments in as few runs of neighbours as the bound allows: what the offline tool merges.
  func packs<Unit: CompactionUnit>(of segments: [Unit]) -> [[Unit]] {
    var packs: [[Unit]] = []
    for part in Self.parted(segments) {
      var rest = part[...]
      while !rest.isEmpty {
        let count = max(1, fitting(rest).count)
        packs.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
      }
    }
    return packs
  }

  /// For each of the first segments that fit one output, all being of one owner: the bytes up to it.
  private func fitting(_ segments: ArraySlice<some CompactionUnit>) -> [UInt64] {
    var totals: [UInt64] = []
    var (first, last) = (Timestamp(nanoseconds: .max), Timestamp(nanoseconds: 0))
    for segment in segments.prefix(Self.inputCountMax) {
      (first, last) = (min(first, segment.arrivals.first), max(last, segment.arrivals.last))
      if let arrivalsMax, last > first.later(by: arrivalsMax) { break }
      let total = (totals.last ?? 0).addingReportingOverflow(segment.rawByteCount)
      guard !total.overflow, total.partialValue <= byteCountMax else { break }
      totals.append(total.partialValue)
    }
    return totals
  }
}

extension CompactionPlan {
  init(_ options: StoreOptions) {
    self.init(
      byteCountMax: options.compactedByteCountMax,
      arrivalsMax: options.retainAge.map { StoreOptions.compactedArrivals(retainAge: $0) })
  }
}
