package import NIOCore
internal import NIOPosix

/// Binds a door to its address.
package enum Listener {
  /// Connections the kernel completes before they are accepted.
  static let backlog: Int32 = 512

  /// Listens at `address` on `group`.
  ///
  /// Sockets get no delay of small segments, allow a half-closed peer and are read from only when the
  /// handler asks to, so that it can hold a sender back.
  ///
  /// - Parameter connected: prepares each new connection; runs on the connection's event loop.
  /// - Returns: the listening channel; its `localAddress` has the port that was bound.
  package static func listen(
    at address: ListenAddress, on group: any EventLoopGroup, limits: NetLimits,
    connected: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws(ListenError) -> any Channel {
    let watermark = ChannelOptions.Types.WriteBufferWaterMark(
      low: limits.outboundByteCountMax / 2, high: limits.outboundByteCountMax)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.writeBufferWaterMark, value: watermark)
      .childChannelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: limits.readByteCount)
      )
      .childChannelInitializer(connected)
    do {
      return try await bootstrap.bind(host: address.host, port: address.port).get()
    } catch {
      throw ListenError(address: address, cause: error)
    }
  }
}

/// An address that could not be listened at.
package struct ListenError: Error, CustomStringConvertible, Sendable {
  package let address: ListenAddress
  package let cause: any Error

  package var description: String { "cannot listen at \(address): \(SocketFailure(cause).listenText)" }
}

extension ListenAddress {
  /// The address a channel was bound to.
  package init?(bound channel: any Channel) {
    guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else {
      return nil
    }
    self.init(host: host, port: port)
  }
}
