import NIOCore
import NIOPosix
import SpanNet
import SpanRPC

/// A server on a free port of the loopback, for the length of a test.
struct TestServer: Sendable {
  let server: RPCServer
  let address: ListenAddress
  let budget: ByteBudget

  static func run(
    _ store: any RPCStore, limits: NetLimits = NetLimits(), budgetByteCount: Int = 64 << 20,
    drainMax: Duration = .milliseconds(500), _ test: (TestServer) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var options = RPCServerOptions()
    options.address = ListenAddress(host: "127.0.0.1", port: 0)
    options.limits = limits
    // By default short: clients that a test forgot to close do not hold it up.
    options.limits.drainMax = drainMax
    let budget = ByteBudget(byteCountMax: budgetByteCount)
    let server = RPCServer(store: store, options: options, group: group, budget: budget)
    let address = try await server.start()
    do {
      try await test(TestServer(server: server, address: address, budget: budget))
    } catch {
      await server.drain()
      try await group.shutdownGracefully()
      throw error
    }
    await server.drain()
    try await group.shutdownGracefully()
  }

  func connect(reads: Bool = true) async throws -> RawClient {
    try await RawClient.connect(to: address, reads: reads)
  }
}

/// Waits until `condition` holds; for states that are only ever entered, never left again.
func eventually(_ condition: @Sendable () -> Bool) async {
  while !condition() { await Task.yield() }
}
