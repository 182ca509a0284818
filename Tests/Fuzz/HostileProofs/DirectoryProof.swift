internal import SpanEngine
internal import SpanModel
internal import SpanQuery
internal import SpanTestKit
internal import SpanWire

/// A record whose directory is anything, correctly checksummed: each entry reads as it stands there or is
/// told as damage, spans are slices of the body, and reading ends.
package struct DirectoryProof: FuzzProof {
  private static let chunkByteCount = 4096
  private static let whole: DirectoryRecord = {
    do { return try DirectoryRecord() } catch { preconditionFailure("cannot make a record: \(error)") }
  }()

  package init() {}

  package static func seed(_ number: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: number)
    return (0..<Int.random(in: 4...64, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? {
    var script = ScriptReader(input)
    var record = Self.whole
    while !script.isAtEnd { record.edit(&script) }
    do throws(StoreError) {
      let store = try SmallStore.openReadOnly(SimulatedPlatform(record.disk()))
      let snapshot = store.segmentSnapshot()
      guard snapshot.count > 0 else { return "the segment is gone" }
      let segment = snapshot.segment(0)
      if let fault = try Self.faultOfEntries(record, segment) { return fault }
      return try Self.faultOfTraces(record, store)
    } catch {
      return "\(error)"
    }
  }

  /// Each table's entries, and one behind the last.
  private static func faultOfEntries(_ record: DirectoryRecord, _ segment: Segment) throws(StoreError)
    -> String?
  {
    var reader = RecordReader()
    try reader.open(segment, at: record.position)
    let counts = record.counts
    for number in 0...counts.traces {
      let expected = record.trace(number)
      if try allowed({ () throws(StoreError) in try reader.trace(number) }) != expected {
        return "trace \(number)"
      }
    }
    for number in 0...counts.spans {
      let expected = record.span(number)
      let found = try allowed { () throws(StoreError) in try reader.span(number) }
      if found != expected { return "span \(number)" }
      guard let found else { continue }
      var bytes: [UInt8] = []
      let isRead =
        try allowed { () throws(StoreError) in try reader.appendBody(found.slice, to: &bytes) } != nil
      if (isRead ? bytes : nil) != record.body(found.slice) { return "the bytes of span \(number)" }
    }
    _ = try allowed { () throws(StoreError) in try reader.scope(counts.scopes) }
    _ = try allowed { () throws(StoreError) in try reader.resource(counts.resources) }
    _ = try allowed { () throws(StoreError) in try reader.piece(counts.pieces) }
    return nil
  }

  /// What is read, or `nil` for damage.
  private static func allowed<Value>(_ read: () throws(StoreError) -> Value) throws(StoreError) -> Value? {
    do throws(StoreError) { return try read() } catch {
      guard case .corrupt = error else { throw error }
      return nil
    }
  }

  private static func faultOfTraces(_ record: DirectoryRecord, _ store: Store) throws(StoreError) -> String? {
    // A chunk, a span that goes over it, and its two envelopes: each at most the body, and a few tags.
    let byteCountMax = chunkByteCount + 3 * record.bodyByteCount + 64
    for number in 0..<min(record.counts.traces, 8) {
      guard let trace = record.trace(number) else { continue }
      let reader = TraceReader(
        store: store, traceID: trace.traceID, limit: 100, chunkByteCount: chunkByteCount)
      do throws(StoreError) {
        while let chunk = try reader.nextChunk() {
          if chunk.bytes.count > byteCountMax { return "a chunk of \(chunk.bytes.count) bytes" }
        }
      } catch {
        guard case .corrupt = error else { throw error }
      }
    }
    return nil
  }
}
