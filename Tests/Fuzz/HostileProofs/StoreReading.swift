internal import SpanEngine
internal import SpanModel
internal import SpanQuery
internal import SpanTestKit
internal import SpanWire

/// All that a store answers, as far as it can be decoded.
struct StoreReading: Equatable {
  /// Only so many traces are read of a store that may say anything of itself.
  private static let traceCountMax = 40

  private(set) var spans: Set<GeneratedSpan> = []
  /// Answers that are no spans: only checksums that fit hostile bytes lead to them.
  private(set) var undecodableCount = 0
  /// Starts of the newest spans without an error.
  private(set) var newest: [UInt64] = []
  /// Reads that told of damage.
  private(set) var damagedReadCount = 0

  init(_ store: Store) throws(StoreError) {
    _ = store.statistics()
    let ids = TraceIDReader(store: store)
    var traceIDs: [TraceID] = []
    do throws(StoreError) {
      while traceIDs.count < Self.traceCountMax, let id = try ids.next() { traceIDs.append(id) }
    } catch { try note(error) }
    spans.reserveCapacity(4 * traceIDs.count)
    var batch = SpanBatch()
    for id in traceIDs { try read(id, of: store, &batch) }
    let found = try SpanSearcher(store, SpanSearch(.not(.isError), limit: 10)).run()
    newest = found.spans.map(\.start)
    if found.damage != nil { damagedReadCount += 1 }
  }

  private mutating func read(_ id: TraceID, of store: Store, _ batch: inout SpanBatch) throws(StoreError) {
    let reader = TraceReader(store: store, traceID: id, limit: 500, chunkByteCount: 4096)
    do throws(StoreError) {
      while let chunk = try reader.nextChunk() {
        do { spans.formUnion(try decodeAnswer(chunk.bytes, &batch)) } catch { undecodableCount += 1 }
      }
    } catch { try note(error) }
  }

  private mutating func note(_ error: StoreError) throws(StoreError) {
    guard case .corrupt = error else { throw error }
    damagedReadCount += 1
  }
}
