internal import SpanModel
internal import SpanWire

/// What can become part of a compacted segment.
protocol CompactionUnit {
  /// Bytes of its spans as they came.
  var rawByteCount: UInt64 { get }
  var fileByteCount: UInt64 { get }
  /// Of its first and last record.
  var arrivals: (first: Timestamp, last: Timestamp) { get }
  /// Segments of tenants and partitions stay apart.
  var owner: (tenant: UInt32, partition: UInt32) { get }
}

extension SealedSegment: CompactionUnit {
  var rawByteCount: UInt64 { footer.rawByteCount }
  var fileByteCount: UInt64 { footer.fileByteCount }
  var arrivals: (first: Timestamp, last: Timestamp) { (footer.firstArrival, footer.lastArrival) }
  var owner: (tenant: UInt32, partition: UInt32) { (footer.tenant, footer.partition) }
}

/// Which sealed segments are to become one.
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
  /// - Parameter segments: oldest first.
  func next<Unit: CompactionUnit>(of segments: [Unit]) -> [Unit]? {
    guard segments.count >= Self.inputCountMin else { return nil }
    for first in 0...segments.count - Self.inputCountMin {
      if let run = similar(segments[first...]) { return Array(run) }
    }
    return nil
  }

  /// How many files the background has still to merge, and their bytes.
  func debt(of segments: [some CompactionUnit]) -> (segmentCount: UInt64, byteCount: UInt64) {
    var rest = segments[...]
    var segmentCount: UInt64 = 0
    var byteCount: UInt64 = 0
    while rest.count >= Self.inputCountMin {
      let run = similar(rest) ?? []
      segmentCount += UInt64(run.count)
      byteCount += run.reduce(0) { $0 + $1.fileByteCount }
      rest = rest.dropFirst(max(1, run.count))
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
    var rest = segments[...]
    var packs: [[Unit]] = []
    while !rest.isEmpty {
      let count = max(1, fitting(rest).count)
      packs.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return packs
  }

  /// For each of the first segments that fit one output: the bytes up to it.
  private func fitting(_ segments: ArraySlice<some CompactionUnit>) -> [UInt64] {
    var totals: [UInt64] = []
    var (first, last) = (Timestamp(nanoseconds: .max), Timestamp(nanoseconds: 0))
    for segment in segments.prefix(Self.inputCountMax) {
      (first, last) = (min(first, segment.arrivals.first), max(last, segment.arrivals.last))
      if let arrivalsMax, last > first.later(by: arrivalsMax) { break }
      let total = (totals.last ?? 0).addingReportingOverflow(segment.rawByteCount)
      guard !total.overflow, total.partialValue <= byteCountMax,
        segment.owner == segments[segments.startIndex].owner
      else { break }
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
