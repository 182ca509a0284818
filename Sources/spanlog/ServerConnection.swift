import SpanClient
import SpanNet

extension SpanlogClient {
  /// How long a peer may take to say what it is: one that accepts and is no server never does.
  private static let helloTimeout = Duration.seconds(10)

  /// Connects for a command and waits for the server's answer to hello.
  ///
  /// - Parameter name: told to the server.
  static func connect(
    to address: ListenAddress, as name: String, requestCountMax: Int = ClientOptions().requestCountMax
  ) async throws(ClientError) -> SpanlogClient {
    var options = ClientOptions()
    options.clientName = name
    options.requestCountMax = requestCountMax
    let client = try await connect(host: address.host, port: address.port, options: options)
    _ = try await client.hello(timeout: helloTimeout)
    return client
  }
}
