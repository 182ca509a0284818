internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// The requests whose spans are in a sealed segment, put together again.
///
/// There spans lie by their traces. So the segment is gone through as often as it takes, each time for as
/// many of the next records as fit the memory there is for them: four times for a file of the usual size.
/// Spans of one request come in order of their scopes and traces; their order in the request is not kept.
final class SealedArrivals: ArrivalSource {
  /// Spans held at a time; one record may have more.
  private static let heldByteCountMax = 32 << 20

  private let segment: SealedSegment
  private let first: RecordSequence
  private let tombstones: Tombstones
  private var contents: SealedContents?
  /// Numbers of the records that are wanted, in the order they arrived in.
  private var order: [Int] = []
  /// How many of them were collected.
  private var collectedCount = 0
  /// Those collected and not handed out yet, the next one last.
  private var held: [HeldRecord] = []
  private var isOpen = false
  private(set) var damages: [Damage] = []

  /// - Parameters:
  ///   - first: what has a lower sequence is left out.
  ///   - tombstones: which spans are hidden.
  init(_ segment: SealedSegment, from first: RecordSequence, _ tombstones: Tombstones) {
    self.segment = segment
    self.first = first
    self.tombstones = tombstones
  }

  var earliest: RecordSequence { max(segment.footer.firstRecord, first) }

  var byteCount: UInt64 { segment.footer.fileByteCount }

  var position: UInt64 {
    guard isOpen else { return 0 }
    guard !order.isEmpty else { return byteCount }
    return UInt64(Double(byteCount) * Double(collectedCount - held.count) / Double(order.count))
  }

  func nextSequence() throws(StoreError) -> RecordSequence? {
    if !isOpen { try open() }
    while held.isEmpty, collectedCount < order.count { try collect() }
    if held.isEmpty { contents = nil }
    return held.last?.record.sequence
  }

  func next() throws(StoreError) -> ArrivedRequest {
    guard let contents, let next = held.popLast() else { preconditionFailure("there is no next request") }
    return next.request(contents)
  }

  private func open() throws(StoreError) {
    isOpen = true
    guard segment.footer.lastRecord >= first else { return }
    do throws(StoreError) { contents = try segment.contents() } catch {
      // Then nothing of it can be read.
      return try note(error)
    }
    let records = contents?.records ?? []
    order = records.indices.filter { records[$0].sequence >= first }
    order.sort { records[$0].sequence < records[$1].sequence }
  }

  private func note(_ error: StoreError) throws(StoreError) {
    guard case .corrupt(let damage) = error else { throw error }
    if !damages.contains(damage) { damages.append(damage) }
  }

  /// Collects as many of the next records as there is memory for, at least one.
  private func collect() throws(StoreError) {
    guard let contents else { preconditionFailure("the segment is not open") }
    let reader = RowGroupReader(contents.dictionary)
    var collection = SealedCollection(
      contents.records, order[collectedCount...], spanByteCount: spanByteCount,
      byteCountMax: Self.heldByteCountMax)
    for group in segment.layout.firstHashes.indices {
      do throws(StoreError) {
        try segment.open(rowGroup: group, in: reader)
        do throws(FormatError) {
          try collection.take(reader, scopeCount: contents.scopes.count, hiddenEnd)
        } catch {
          throw segment.damage(ofRowGroup: group, error)
        }
      } catch {
        try note(error)
      }
    }
    collectedCount += collection.recordCount
    // Of a record whose spans are gone there is nothing to send.
    held = collection.records.filter { !$0.isEmpty }.reversed()
  }

  private func hiddenEnd(of traceID: TraceID) -> RecordSequence {
    tombstones.hiddenEnd(of: traceID, tenant: segment.footer.tenant)
  }

  /// Of a span, on the average.
  private var spanByteCount: Int {
    Int(segment.footer.rawByteCount / max(segment.footer.spanCount, 1))
  }
}
