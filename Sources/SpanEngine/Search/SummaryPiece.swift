internal import SpanModel
package import SpanWire

/// What the spans of up to 16 MiB of a log segment are, as far as a search asks: so that it need not read all
/// that is not sealed yet.
package struct SummaryPiece: Sendable {
  /// A run of records.
  package struct Run: BitwiseCopyable, Sendable {
    /// Of the piece's records.
    let firstRecord: Int32
    let recordCount: Int32
    fileprivate let filterPosition: Int32
    fileprivate let filterByteCount: Int32
    package let spanCount: Int32
    /// Least and greatest start of its spans.
    package let firstStart: UInt64
    package let lastStart: UInt64
  }

  /// Where records begin in the file.
  private var records: [UInt64] = []
  package private(set) var runs: [Run] = []
  /// Of all runs, one behind the other.
  private var filters: [UInt8] = []
  /// Least and greatest start of its spans.
  package private(set) var firstStart = UInt64.max
  package private(set) var lastStart: UInt64 = 0
  package private(set) var spanCount = 0

  /// Memory it takes.
  var byteCount: Int { 8 * records.count + MemoryLayout<Run>.stride * runs.count + filters.count }

  /// Where the records of a run begin in the file.
  package func records(of run: Run) -> ArraySlice<UInt64> {
    records[Int(run.firstRecord)..<Int(run.firstRecord + run.recordCount)]
  }

  /// Hands out the filter of the tags of a run: those of its spans, and of their envelopes' attributes.
  package func withFilter<Value>(of run: Run, _ body: (TagFilter) -> Value) -> Value {
    let range = Int(run.filterPosition)..<Int(run.filterPosition + run.filterByteCount)
    return filters.withUnsafeBytes { body(TagFilter(UnsafeRawBufferPointer(rebasing: $0[range]), .held)) }
  }

  mutating func add(record position: UInt64) { records.append(position) }

  /// Ends a run with the records that were added since the last one.
  mutating func endRun(_ tags: inout TagCollector, spanCount added: Int, starts: ClosedRange<UInt64>) {
    let first = runs.last.map { Int($0.firstRecord + $0.recordCount) } ?? 0
    let position = filters.count
    let byteCount = tags.flush(.held, to: &filters)
    runs.append(
      Run(
        firstRecord: Int32(first), recordCount: Int32(records.count - first),
        filterPosition: Int32(position), filterByteCount: Int32(byteCount), spanCount: Int32(added),
        firstStart: starts.lowerBound, lastStart: starts.upperBound))
    spanCount += added
    firstStart = min(firstStart, starts.lowerBound)
    lastStart = max(lastStart, starts.upperBound)
  }
}
