import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import SpanNet

/// Connections to one server, kept open and used again; as many as there are requests at a time.
final class HTTPPool: Sendable {
  private static let connectTimeout = TimeAmount.seconds(10)

  private struct Idle: Sendable {
    let connection: HTTPConnection
    let channel: any Channel
  }

  private let address: ListenAddress
  private let answerTimeout: TimeAmount
  private let idle = NIOLockedValueBox<[Idle]>([])

  init(_ address: ListenAddress, answerTimeout: TimeAmount) {
    self.address = address
    self.answerTimeout = answerTimeout
  }

  /// Connects, to find out whether somebody listens.
  func open() async throws(HTTPFailure) {
    let found = try await connect()
    idle.withLockedValue { $0.append(found) }
  }

  /// Sends a request on a connection that is free, or a new one; returns when it is under way.
  func send(
    _ head: HTTPRequestHead, body: [UInt8], completion: @escaping HTTPConnection.Completion
  ) async {
    let found: Idle
    do throws(HTTPFailure) {
      if let kept = await takeIdle() { found = kept } else { found = try await connect() }
    } catch {
      return completion(.failure(error))
    }
    found.channel.eventLoop.execute {
      found.connection.send(head, body: ByteBuffer(bytes: body)) { result in
        // It has ended already when it is not to be kept.
        if found.connection.isUsable { self.idle.withLockedValue { $0.append(found) } }
        completion(result)
      }
    }
  }

  /// One that the server has not closed meanwhile, as far as is known.
  private func takeIdle() async -> Idle? {
    while let found = idle.withLockedValue({ $0.popLast() }) {
      let isUsable = try? await found.channel.eventLoop.submit { found.connection.isUsable }.get()
      if isUsable == true { return found }
    }
    return nil
  }

  private func connect() async throws(HTTPFailure) -> Idle {
    let connection = HTTPConnection(answerTimeout: answerTimeout)
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(Self.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    do {
      let channel = try await bootstrap.connect(host: address.host, port: address.port).get()
      return Idle(connection: connection, channel: channel)
    } catch {
      throw .cannotConnect(error)
    }
  }

  func close() async {
    for found in idle.withLockedValue({ $0 }) {
      found.channel.eventLoop.execute { found.connection.end(.closed) }
      // It may be closed already; either way it is when this returns.
      try? await found.channel.closeFuture.get()
    }
  }
}
