package import SpanNet

/// How the TCP RPC's door is set up.
package struct RPCServerOptions: Sendable {
  package var address = ListenAddress(host: "127.0.0.1", port: 7411)
  package var limits = NetLimits()
  /// Threads that read traces, and may wait for the disk: a few, because an answer is mostly copying.
  package var readerThreadCount = 2
  /// Name and release, told to clients.
  package var serverName = "spanlog"

  package init() {}
}
