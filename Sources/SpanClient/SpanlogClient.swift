internal import NIOCore
internal import NIOPosix
internal import SpanNet
internal import SpanWire

/// A connection to a Spanlog server.
///
/// It may be used from many tasks at once: requests share the connection, are sent without waiting for one
/// another, and are answered in any order. When the connection is lost every request in flight fails with
/// `.connectionLost`, and so does every later one: connect again.
///
///     let client = try await SpanlogClient.connect(host: "127.0.0.1", port: 7411)
///     let answer = try await client.append(exportTraceServiceRequest)   // durable and readable now
///     print(answer.rejectedSpanCount)
///     for try await chunk in client.readTrace(traceID) {
///       print(chunk.bytes.count)                                        // an OTLP TracesData
///     }
///     await client.close()
public final class SpanlogClient: Sendable {
  let connection: ClientConnection
  let window: AppendWindow
  let options: ClientOptions
  private let channel: any Channel

  private init(
    connection: ClientConnection, window: AppendWindow, options: ClientOptions, channel: any Channel
  ) {
    self.connection = connection
    self.window = window
    self.options = options
    self.channel = channel
  }

  deinit { channel.close(promise: nil) }

  /// Connects to a server, and says hello when the options hold something to tell it.
  ///
  /// - Throws: `.connectFailed` when there is no connection within `connectTimeout`; what `hello` throws, and
  ///   `.deadlineExceeded` when that is not answered in as long again.
  public static func connect(
    host: String, port: Int, options: ClientOptions = ClientOptions()
  ) async throws(ClientError) -> SpanlogClient {
    let address = ListenAddress(host: host, port: port)
    let window = AppendWindow(
      requestCountMax: options.requestCountMax, byteCountMax: options.inFlightByteCountMax)
    let connection = ClientConnection(
      eventLoop: MultiThreadedEventLoopGroup.singleton.next(), peer: "\(address)",
      onEnd: { window.fail($0) })
    let channel = try await open(address, connection, timeout: options.connectTimeout)
    let client = SpanlogClient(
      connection: connection, window: window, options: options, channel: channel)
    if options.isCompressed || !options.token.isEmpty || !options.tenant.isEmpty {
      _ = try await client.hello(timeout: options.connectTimeout)
    }
    return client
  }

  private static func open(
    _ address: ListenAddress, _ connection: ClientConnection, timeout: Duration
  ) async throws(ClientError) -> any Channel {
    let bootstrap = ClientBootstrap(group: connection.eventLoop)
      .connectTimeout(TimeAmount(timeout))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 16384, maximum: 1 << 20)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    do {
      return try await bootstrap.connect(host: address.host, port: address.port).get()
    } catch {
      throw ClientError(
        .connectFailed, "cannot connect to \(address): \(SocketFailure(error).connectText)")
    }
  }

  /// Asks the server what it is and what it takes; tells it the options' name, token and tenant.
  ///
  /// - Throws: `.unimplemented` when the server does not speak this client's protocol version,
  ///   `.unauthenticated` when it does not take the token, `.connectionLost`.
  public func hello() async throws(ClientError) -> ServerDescription { try await hello(timeout: nil) }

  /// As `hello()`; ends the connection when the answer takes longer than `timeout`.
  ///
  /// - Throws: `.deadlineExceeded`, too.
  package func hello(timeout: Duration?) async throws(ClientError) -> ServerDescription {
    var request = HelloRequest()
    request.versions = [UInt64(RPCFrameHeader.currentVersion)]
    request.client = options.clientName
    request.token = options.token
    request.tenant = options.tenant
    request.takesCompressed = options.isCompressed
    let answer: HelloAnswer = try await call(.hello, request.encoded, timeout: timeout)
    return ServerDescription(answer)
  }

  /// Asks for the server's counters.
  public func stats() async throws(ClientError) -> ServerStatistics {
    let answer: StatsAnswer = try await call(.stats, [])
    return ServerStatistics(answer)
  }

  func call<Answer: RPCBody>(
    _ method: RPCMethod, _ body: [UInt8], timeout: Duration? = nil
  ) async throws(ClientError) -> Answer {
    let result = await withCheckedContinuation { continuation in
      connection.eventLoop.execute { [connection] in
        let deadline = timeout.map { connection.end(after: $0) }
        connection.call(method, body: ByteBuffer(bytes: body)) {
          deadline?.cancel()
          continuation.resume(returning: $0)
        }
      }
    }
    let bytes = try result.get()
    do throws(WireError) {
      return try Answer(decoding: bytes)
    } catch {
      throw ClientError(.protocolViolation, "the answer to \(method) could not be read: \(error)")
    }
  }

  /// Closes the connection. Requests in flight fail with `.closed`; call `flush` before to see them through.
  public func close() async {
    connection.eventLoop.execute { [connection] in
      connection.finish(ClientError(.closed, "the client was closed"))
    }
    // It may be closed already; either way it is when this returns.
    try? await channel.closeFuture.get()
  }
}
