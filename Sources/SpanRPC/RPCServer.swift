internal import NIOConcurrencyHelpers
package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
package import SpanNet
internal import SpanWire

/// The TCP RPC's door: listens, accepts connections, and drains them when the process is told to end.
///
/// Start it with `run` in a `ServiceGroup`, or step by step with `start` and `drain`.
package final class RPCServer: Service {
  private enum State {
    case idle
    case listening(any Channel)
    case drained
  }

  private let options: RPCServerOptions
  private let group: any EventLoopGroup
  private let door: RPCDoor
  private let loops: [ObjectIdentifier: ConnectionLoop]
  private let onListening: @Sendable (ListenAddress) -> Void
  private let state = NIOLockedValueBox(State.idle)

  /// - Parameters:
  ///   - group: the event loops to serve on; shut down by the caller after `run` or `drain` has returned.
  ///   - budget: shared with the other doors.
  ///   - onListening: told the address that was bound, once.
  package init(
    store: any RPCStore, options: RPCServerOptions, group: any EventLoopGroup, budget: ByteBudget? = nil,
    onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
  ) {
    self.options = options
    self.group = group
    self.onListening = onListening
    let door = RPCDoor(
      store: store, limits: options.limits,
      budget: budget ?? ByteBudget(byteCountMax: options.limits.budgetByteCountMax),
      readers: NIOThreadPool(numberOfThreads: options.readerThreadCount), serverName: options.serverName)
    self.door = door
    loops = Dictionary(
      uniqueKeysWithValues: group.makeIterator().map { eventLoop in
        (ObjectIdentifier(eventLoop), ConnectionLoop(eventLoop: eventLoop, door: door))
      })
  }

  /// Serves until the service group shuts down gracefully or the task is cancelled, then drains.
  package func run() async throws {
    try await start()
    // Cancellation is as good a reason to drain as any.
    try? await gracefulShutdown()
    await drain()
  }

  /// Listens.
  ///
  /// - Returns: the address that was bound.
  @discardableResult
  package func start() async throws(ListenError) -> ListenAddress {
    door.readers.start()
    let channel = try await Listener.listen(at: options.address, on: group, limits: options.limits) {
      [self] in accept($0)
    }
    state.withLockedValue { $0 = .listening(channel) }
    let address = ListenAddress(bound: channel) ?? options.address
    onListening(address)
    return address
  }

  private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let handler = makeHandler(on: channel.eventLoop)
      try channel.pipeline.syncOperations.addHandler(handler)
      guard let target = handler as? any ReadTarget else { return }
      try channel.syncOptions?.setOption(.recvAllocator, value: InPlaceReadAllocator(target: target))
    }
  }

  /// The handler of a new connection, counted from here on. Apart from sockets it is all of a connection, so
  /// that tests can turn its clock.
  package func makeHandler(on eventLoop: any EventLoop) -> any ChannelHandler {
    guard let loop = loops[ObjectIdentifier(eventLoop)] else {
      preconditionFailure("a connection on an event loop of another group")
    }
    guard door.connections.take() else { return RefusedConnection(door: door) }
    return RPCConnection(loop: loop)
  }

  /// Stops accepting, refuses new requests, answers those in flight, and closes. Returns when all
  /// connections have ended, at the latest after `drainMax`; those left are closed then.
  package func drain() async {
    let listener = state.withLockedValue { state -> (any Channel)? in
      guard case .listening(let channel) = state else { return nil }
      state = .drained
      return channel
    }
    // An error here means that it was closed already.
    if let listener { try? await listener.close() }
    await withTaskGroup(of: Void.self) { tasks in
      for loop in loops.values {
        tasks.addTask { await loop.drain(within: self.options.limits.drainMax) }
      }
    }
    await stopReaders()
  }

  private func stopReaders() async {
    await withCheckedContinuation { continuation in
      door.readers.shutdownGracefully { _ in continuation.resume() }
    }
  }
}
