/// How a client connects and how much it keeps in flight.
public struct ClientOptions: Sendable {
  /// Name told to the server, for its operators.
  public var clientName = "SpanClient"
  /// Secret that names the client to a server that asks for one; not asked for by servers of today.
  public var token: [UInt8] = []
  /// Tenant whose spans these are; not told apart by servers of today.
  public var tenant = ""
  /// How long to wait for the connection.
  public var connectTimeout = Duration.seconds(10)
  /// Whether requests and answers are compressed with LZ4: for slow networks. It costs the sender about 2 ms
  /// of processor time per MiB.
  public var isCompressed = false
  /// Appends sent and not answered, past which `append` and `send` suspend. A commit takes 1 to 10 ms; 64
  /// requests of 217 KB keep a server busy meanwhile.
  public var requestCountMax = 64
  /// The same, in bytes of requests. A larger request is sent when nothing else is in flight.
  public var inFlightByteCountMax = 16 << 20

  public init() {}
}
