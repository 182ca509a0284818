import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Synchronization
import SystemPackage

/// A simulated machine on which calls on files of certain names fail, or wait, or see something happen first.
final class FaultyPlatform: ForwardingPlatform {
  enum Operation { case open, read, sync, rename, unlink, syncDirectory, adviseRandomReads }

  let simulated: SimulatedPlatform
  var platform: any Platform { simulated }
  /// Called before each of the operations with its path; a file's is the one it was opened by.
  private let fault: @Sendable (Operation, String) -> Errno?
  private let paths = Mutex<[Int32: String]>([:])
  private let clockSetBackBy = Atomic<UInt64>(0)

  init(
    _ simulated: SimulatedPlatform,
    _ fault: @escaping @Sendable (Operation, String) -> Errno? = { _, _ in nil }
  ) {
    self.simulated = simulated
    self.fault = fault
  }

  func setClockBack(by duration: Duration) {
    clockSetBackBy.store(UInt64(duration / .nanoseconds(1)), ordering: .relaxed)
  }

  private func check(_ operation: Operation, _ path: String) throws(Errno) {
    if let errno = fault(operation, path) { throw errno }
  }

  private func path(of file: FileHandle) -> String { paths.withLock { $0[file.rawValue] ?? "" } }

  func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle {
    try check(.open, path)
    let file = try simulated.open(path, mode)
    paths.withLock { $0[file.rawValue] = path }
    return file
  }

  func read(_ file: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    try check(.read, path(of: file))
    return try simulated.read(file, into: buffer, at: position)
  }

  func sync(_ file: FileHandle) throws(Errno) {
    try check(.sync, path(of: file))
    try simulated.sync(file)
  }

  func rename(_ path: String, to newPath: String) throws(Errno) {
    try check(.rename, path)
    try simulated.rename(path, to: newPath)
  }

  func unlink(_ path: String) throws(Errno) {
    try check(.unlink, path)
    try simulated.unlink(path)
  }

  func syncDirectory(_ directory: String) throws(Errno) {
    try check(.syncDirectory, directory)
    try simulated.syncDirectory(directory)
  }

  func adviseRandomReads(_ file: FileHandle) { _ = fault(.adviseRandomReads, path(of: file)) }

  func now() -> Timestamp {
    Timestamp(nanoseconds: simulated.now().nanoseconds - clockSetBackBy.load(ordering: .relaxed))
  }
}

/// What happened to a store, as it was told.
final class EventLog: Sendable {
  private let told = Mutex<[StoreEvent]>([])

  func note(_ event: StoreEvent) { told.withLock { $0.append(event) } }

  var events: [StoreEvent] { told.withLock { $0 } }
}

extension StoreOptions {
  /// These, with what happens noted.
  func telling(_ log: EventLog) -> StoreOptions {
    var options = self
    options.onEvent = { log.note($0) }
    return options
  }
}

extension RequestGenerator {
  /// One request that takes more than half of a small segment's file: two of them never share one.
  mutating func rollingRequest(textByteCount: Int = 5000) -> GeneratedRequest {
    var shape = RequestGenerator.Shape()
    shape.resources = 1...1
    shape.scopes = 1...1
    shape.spans = 7...7
    shape.textByteCount = textByteCount...textByteCount
    var generator = RequestGenerator(seed: random.next(), shape: shape)
    return generator.request()
  }
}

extension SteppedStore {
  func append(_ request: GeneratedRequest, of owner: RecordOwner = RecordOwner(), lane: Int = 0) throws {
    _ = try commit([try prepare(RequestBuffer(request.bytes), of: owner)], lane: lane)
  }

  /// Appends so many requests, each of which begins a new segment.
  func roll(_ count: Int, _ generator: inout RequestGenerator, lane: Int = 0) throws -> [GeneratedRequest] {
    try (0..<count).map { _ in
      let request = generator.rollingRequest()
      try append(request, lane: lane)
      return request
    }
  }
}

extension Store {
  /// All spans of all traces.
  func allSpans(tenant: UInt32 = 0) throws -> Set<GeneratedSpan> {
    try Set(traceIDs(tenant: tenant).flatMap { try spans(of: $0, tenant: tenant) })
  }
}
