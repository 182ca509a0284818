import SpanWire

/// Puts the frames of a connection's answers together from what the socket gives.
struct FrameCollector {
  /// Room that is made before any of a body has come.
  private static let reservedByteCountMax = 256 << 10

  private var reader: RPCFrameReader
  private var header = RPCFrameHeader(method: 0, requestID: 0, bodyByteCount: 0)
  private var body: [UInt8] = []

  init(bodyByteCountMax: Int) { reader = RPCFrameReader(bodyByteCountMax: bodyByteCountMax) }

  /// The next frame that ends in `bytes`, which lose what was taken; `nil` when it needs more.
  mutating func next(_ bytes: inout UnsafeRawBufferPointer) throws -> (header: RPCFrameHeader, body: [UInt8])?
  {
    while true {
      switch reader.next(&bytes) {
      case .needsMore: return nil
      case .header(let header):
        self.header = header
        body.reserveCapacity(min(header.bodyByteCount, Self.reservedByteCountMax))
      case .body(let run): body.append(contentsOf: run)
      case .end:
        defer { body = [] }
        return (header, body)
      case .invalid(let error): throw CommandFailure("the server broke the protocol: \(error)")
      }
    }
  }
}
