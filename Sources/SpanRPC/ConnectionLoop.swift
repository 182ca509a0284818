internal import NIOCore
internal import SpanEngine
internal import SpanNet
internal import SpanWire

/// What the connections of one event loop share: the appends in flight, and who has something to send.
///
/// It is the loop's one `AppendSink`: a commit's answers come over in one wake-up, are written to each
/// connection's buffer, and each connection is flushed once.
final class ConnectionLoop: AppendSink, @unchecked Sendable {
  // SAFETY: `appendsFinished` alone is called from elsewhere, and only uses the constant `eventLoop`; all
  // else runs on that loop.

  /// An append that the store has and the client still waits for.
  struct InFlightAppend {
    let connection: RPCConnection
    let requestID: UInt32
    let bodyByteCount: Int
    let heldByteCount: Int
    let rejectedSpanCount: Int
    let rejectionMessage: String?
  }

  let eventLoop: any EventLoop
  let door: RPCDoor
  private var scratch = AppendScratch()
  private var inFlight: [InFlightAppend?] = []
  private var freePlaces: [Int] = []
  private var unflushed: [RPCConnection] = []
  private(set) var connections: [ObjectIdentifier: RPCConnection] = [:]
  var isDraining = false
  var drained: EventLoopPromise<Void>?
  var drainTimeout: Scheduled<Void>?
  let watch: StallWatch
  let readMemory: ReadMemory

  init(eventLoop: any EventLoop, door: RPCDoor) {
    self.eventLoop = eventLoop
    self.door = door
    watch = StallWatch(eventLoop: eventLoop)
    readMemory = ReadMemory(byteCount: door.limits.readByteCount)
  }

  func opened(_ connection: RPCConnection) { connections[ObjectIdentifier(connection)] = connection }

  func closed(_ connection: RPCConnection) {
    connections[ObjectIdentifier(connection)] = nil
    if isDraining, connections.isEmpty { finishDraining() }
  }

  /// Hands a request to the store; the outcome comes through `appendsFinished`.
  ///
  /// - Throws: what to answer when the store does not take it. The memory is the caller's again then.
  func append(
    _ body: consuming RequestBuffer, header: RPCFrameHeader, heldByteCount: Int,
    connection: RPCConnection
  ) throws(RPCStatus) {
    let prepared: PreparedAppend
    do throws(WireError) {
      prepared = try door.store.prepare(body, scratch: &scratch)
    } catch {
      throw RPCStatus(.invalidArgument, "cannot append: \(error)")
    }
    let place = enter(
      InFlightAppend(
        connection: connection, requestID: header.requestID, bodyByteCount: header.bodyByteCount,
        heldByteCount: heldByteCount, rejectedSpanCount: prepared.rejectedSpanCount,
        rejectionMessage: prepared.rejectionMessage))
    do throws(StoreError) {
      try door.store.submit(prepared, token: UInt64(place), sink: self, lane: connection.lane)
    } catch {
      _ = leave(place)
      throw RPCStatus(error)
    }
  }

  private func enter(_ append: InFlightAppend) -> Int {
    if let place = freePlaces.popLast() {
      inFlight[place] = append
      return place
    }
    inFlight.append(append)
    return inFlight.count - 1
  }

  private func leave(_ place: Int) -> InFlightAppend? {
    guard let append = inFlight[place] else { return nil }
    inFlight[place] = nil
    freePlaces.append(place)
    return append
  }

  /// Called on the committer's thread.
  func appendsFinished(_ outcomes: [AppendOutcome]) {
    eventLoop.execute { self.answer(outcomes) }
  }

  private func answer(_ outcomes: [AppendOutcome]) {
    var heldByteCount = 0
    for outcome in outcomes {
      guard let append = leave(Int(outcome.token)) else {
        preconditionFailure("the store answered append \(outcome.token) twice")
      }
      heldByteCount += append.heldByteCount
      append.connection.finish(append, error: outcome.error)
    }
    door.budget.giveBack(heldByteCount)
    flush()
  }

  /// Remembers that `connection` has answers to send when the loop has done its round.
  func needsFlush(_ connection: RPCConnection) { unflushed.append(connection) }

  /// Sends what has gathered, once for each connection, and lets those go on that waited for room.
  func flush() {
    var place = 0
    // Flushing may let a connection read on and answer more, so the list may grow meanwhile.
    while place < unflushed.count {
      let connection = unflushed[place]
      place += 1
      connection.flush()
      connection.resume()
    }
    unflushed.removeAll(keepingCapacity: true)
  }
}
