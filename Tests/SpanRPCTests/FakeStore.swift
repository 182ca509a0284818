import Foundation
import NIOConcurrencyHelpers
import SpanEngine
import SpanModel
import SpanRPC
import SpanWire
import Synchronization

/// A store that answers when it is told to, and reads what it was given.
final class FakeStore: RPCStore {
  struct State {
    var isGated = false
    var refusal: StoreError?
    var waiting: [(token: UInt64, sink: any AppendSink)] = []
    var submittedCount = 0
    var chunks: [AnswerChunk] = []
    var damage: StoreError?
    var selections: [TraceSelection] = []
    var deleted: [TraceID] = []
    var readChunkCount = 0
    var maintenances: [Maintenance] = []
    /// Readers that have asked for a chunk.
    var askedChunkCount = 0
  }

  /// What was asked for, to be answered by the test.
  struct Maintenance: Sendable {
    let order: MaintenanceOrder
    let control: MaintenanceControl
    let progress: @Sendable (MaintenanceProgress) -> Void
    let done: @Sendable (Result<MaintenanceResult, StoreError>) -> Void

    init(
      _ order: MaintenanceOrder, _ control: MaintenanceControl,
      _ progress: @escaping @Sendable (MaintenanceProgress) -> Void,
      _ done: @escaping @Sendable (Result<MaintenanceResult, StoreError>) -> Void
    ) {
      self.order = order
      self.control = control
      self.progress = progress
      self.done = done
    }
  }

  let state = NIOLockedValueBox(State())
  /// Holds up those who ask for a chunk until it is signalled once.
  private let chunkGate: DispatchSemaphore?

  private static let path = FileManager.default.temporaryDirectory.appending(path: "spanlog-\(UUID())").path

  /// Makes `PreparedAppend`s; nothing is ever submitted to it.
  private static let engine: Store = {
    var options = StoreOptions(directory: path)
    options.segmentByteCount = 1 << 20
    do {
      let store = try Store.open(options)
      atexit {
        FakeStore.engine.close()
        try? FileManager.default.removeItem(atPath: FakeStore.path)
      }
      return store
    } catch {
      fatalError("cannot open a store: \(error)")
    }
  }()

  init(isGated: Bool = false, areChunksGated: Bool = false) {
    chunkGate = areChunksGated ? DispatchSemaphore(value: 0) : nil
    state.withLockedValue { $0.isGated = isGated }
  }

  func prepare(
    _ buffer: consuming RequestBuffer, scratch: inout AppendScratch
  ) throws(WireError) -> PreparedAppend {
    try Self.engine.prepare(buffer, scratch: &scratch)
  }

  let laneCount = 1

  func submit(_ append: PreparedAppend, token: UInt64, sink: any AppendSink, lane: Int) throws(StoreError) {
    let (refusal, isGated) = state.withLockedValue { state in
      state.submittedCount += 1
      if state.refusal == nil, state.isGated { state.waiting.append((token, sink)) }
      return (state.refusal, state.isGated)
    }
    if let refusal { throw refusal }
    if !isGated { sink.appendsFinished([AppendOutcome(token: token, error: nil)]) }
  }

  /// Lets those go on who ask for a chunk.
  func openChunkGate() { chunkGate?.signal() }

  /// Answers what waits, newest first, so that answers come in another order than requests.
  func release(error: StoreError? = nil) {
    let waiting = state.withLockedValue { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for (token, sink) in waiting.reversed() {
      sink.appendsFinished([AppendOutcome(token: token, error: error)])
    }
  }

  var waitingCount: Int { state.withLockedValue { $0.waiting.count } }

  func delete(_ traceID: TraceID, lane: Int) throws(StoreError) -> UInt64 {
    let refusal = state.withLockedValue { state in
      state.deleted.append(traceID)
      return state.refusal
    }
    if let gate = chunkGate {
      gate.wait()
      gate.signal()
    }
    if let refusal { throw refusal }
    return traceID.low
  }

  var now: Timestamp { Self.engine.now }

  func maintain(
    _ order: MaintenanceOrder, progress: @escaping @Sendable (MaintenanceProgress) -> Void,
    done: @escaping @Sendable (Result<MaintenanceResult, StoreError>) -> Void
  ) throws(StoreError) -> MaintenanceControl {
    let control = MaintenanceControl()
    let refusal = state.withLockedValue { state in
      if state.refusal == nil { state.maintenances.append(Maintenance(order, control, progress, done)) }
      return state.refusal
    }
    if let refusal { throw refusal }
    return control
  }

  func statistics() -> StoreStatistics { Self.engine.statistics() }

  func chunks(of selection: TraceSelection) -> any ChunkSource {
    state.withLockedValue { $0.selections.append(selection) }
    return Source(self)
  }

  private final class Source: ChunkSource {
    private let store: FakeStore
    private let next = Synchronization.Atomic<Int>(0)

    init(_ store: FakeStore) { self.store = store }

    func nextChunk() throws(StoreError) -> AnswerChunk? {
      store.state.withLockedValue { $0.askedChunkCount += 1 }
      if let gate = store.chunkGate {
        gate.wait()
        gate.signal()
      }
      let place = next.add(1, ordering: .relaxed).oldValue
      let (chunk, damage) = store.state.withLockedValue { state -> (AnswerChunk?, StoreError?) in
        guard place < state.chunks.count else { return (nil, state.damage) }
        state.readChunkCount += 1
        return (state.chunks[place], nil)
      }
      if let damage { throw damage }
      return chunk
    }
  }
}

/// An `ExportTraceServiceRequest` with one span.
func oneSpanRequest(paddingByteCount: Int = 0) -> [UInt8] {
  var span = ProtobufWriter()
  span.writeBytes([UInt8](repeating: 0xab, count: 16), field: 1)
  span.writeBytes([UInt8](repeating: 0xcd, count: 8), field: 2)
  span.writeBytes([UInt8](repeating: 0x20, count: paddingByteCount), field: 5)
  var scope = ProtobufWriter()
  scope.writeBytes(span.bytes, field: 2)
  var resource = ProtobufWriter()
  resource.writeBytes(scope.bytes, field: 2)
  var request = ProtobufWriter()
  request.writeBytes(resource.bytes, field: 1)
  return request.bytes
}
