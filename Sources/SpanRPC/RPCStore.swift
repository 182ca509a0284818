package import SpanEngine
package import SpanModel
internal import SpanQuery
package import SpanWire

/// What the door needs of a store: four calls per request at the most, none per span.
package protocol RPCStore: AnyObject, Sendable {
  /// Scans and checksums a request on the caller's thread.
  func prepare(
    _ buffer: consuming RequestBuffer, scratch: inout AppendScratch
  ) throws(WireError) -> PreparedAppend
  /// Writers there are; a connection keeps to one of them.
  var laneCount: Int { get }
  /// Queues a request for the next commit of a lane; never blocks.
  func submit(_ append: PreparedAppend, token: UInt64, sink: any AppendSink, lane: Int) throws(StoreError)
  /// Deletes a trace through a lane, and tells how many spans that hid. Blocks on the disk: never called on
  /// an event loop.
  func delete(_ traceID: TraceID, lane: Int) throws(StoreError) -> UInt64
  /// Compacts, verifies or copies the store on a thread of its own; see `Store`.
  func maintain(
    _ order: MaintenanceOrder, progress: @escaping @Sendable (MaintenanceProgress) -> Void,
    done: @escaping @Sendable (Result<MaintenanceResult, StoreError>) -> Void
  ) throws(StoreError) -> MaintenanceControl
  var now: Timestamp { get }
  func statistics() -> StoreStatistics
  /// The chunks that answer a read. Cheap; the chunks themselves block.
  func chunks(of selection: TraceSelection) -> any ChunkSource
}

/// What a `ReadTrace` asks for.
package enum TraceSelection: Equatable, Sendable {
  case trace(TraceID, skip: UInt64, limit: UInt64)
  /// Every trace of the store.
  case all
}

/// Chunks of an answer, one after the other; one owner at a time.
package protocol ChunkSource: AnyObject, Sendable {
  /// The next chunk, or `nil` at the end. May block on a file: never called on an event loop.
  func nextChunk() throws(StoreError) -> AnswerChunk?
}

/// A serialized `TracesData` with at least one span.
package struct AnswerChunk: Sendable {
  package let bytes: [UInt8]
  /// Equal spans may stand in it, or in another chunk of its trace, twice.
  package let mayRepeat: Bool

  package init(bytes: [UInt8], mayRepeat: Bool) {
    self.bytes = bytes
    self.mayRepeat = mayRepeat
  }
}

extension Store: RPCStore {
  package func delete(_ traceID: TraceID, lane: Int) throws(StoreError) -> UInt64 {
    try TraceDeletion(store: self, traceID: traceID).run(lane: lane)
  }

  package func chunks(of selection: TraceSelection) -> any ChunkSource {
    StoreChunks(self, selection)
  }
}

/// The chunks of one trace or of all, trace by trace. Opens its readers when they are first asked, since
/// that may wait for a lock or read an index.
private final class StoreChunks: ChunkSource, @unchecked Sendable {
  // SAFETY: a `ChunkSource` has one owner at a time, who hands it on with its job.

  private let store: Store
  /// What is still to be opened.
  private var selection: TraceSelection?
  private var traceIDs: TraceIDReader?
  private var reader: TraceReader?
  /// The first damage met. The other traces are still read; it is told at the end.
  private var damage: StoreError?

  init(_ store: Store, _ selection: TraceSelection) {
    self.store = store
    self.selection = selection
  }

  private func open() {
    switch selection {
    case .trace(let traceID, let skip, let limit):
      reader = TraceReader(store: store, traceID: traceID, skip: skip, limit: limit)
    case .all: traceIDs = TraceIDReader(store: store)
    case nil: break
    }
    selection = nil
  }

  func nextChunk() throws(StoreError) -> AnswerChunk? {
    open()
    while true {
      if let chunk = try nextChunkOfTrace() { return chunk }
      guard let traceIDs, try traceIDs.next() != nil else { break }
      reader = traceIDs.traceReader()
    }
    if let damage { throw damage }
    return nil
  }

  private func nextChunkOfTrace() throws(StoreError) -> AnswerChunk? {
    do throws(StoreError) {
      if let chunk = try reader?.nextChunk() {
        return AnswerChunk(bytes: chunk.bytes, mayRepeat: chunk.mayRepeat)
      }
    } catch {
      guard case .corrupt = error else { throw error }
      damage = damage ?? error
    }
    reader = nil
    return nil
  }
}
