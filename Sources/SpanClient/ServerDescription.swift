internal import SpanWire

/// What a server says of itself.
public struct ServerDescription: Hashable, Sendable {
  /// The protocol version spoken.
  public let protocolVersion: Int
  /// Name and release, for people.
  public let server: String
  /// What an acked append has behind it: `sync` (stable storage), `os` or `interval=…`.
  public let durability: String
  /// The largest request the server takes, in bytes.
  public let requestByteCountMax: Int
  /// Requests of one connection in flight, past which the server stops reading.
  public let requestCountMax: Int
  /// The same, in bytes.
  public let inFlightByteCountMax: Int

  init(_ answer: HelloAnswer) {
    protocolVersion = Int(clamping: answer.version)
    server = answer.server
    durability = answer.durability
    let frameByteCountMax = Int(clamping: answer.frameByteCountMax)
    requestByteCountMax = max(0, frameByteCountMax - RPCFrameHeader.countedByteCount)
    requestCountMax = Int(clamping: answer.requestCountMax)
    inFlightByteCountMax = Int(clamping: answer.inFlightByteCountMax)
  }
}
