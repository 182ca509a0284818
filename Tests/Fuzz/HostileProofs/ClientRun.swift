internal import SpanWire

/// A client's reading of answers.
struct ClientRun {
  /// As the client library has it.
  private static let bodyByteCountMax = 256 << 20

  private var reader = RPCFrameReader(bodyByteCountMax: bodyByteCountMax)
  private(set) var digest = EventDigest()
  private var header: RPCFrameHeader?
  private var body: [UInt8] = []
  private var decoder = BodyDecoder(byteCountMax: bodyByteCountMax)

  mutating func begin() {
    reader = RPCFrameReader(bodyByteCountMax: Self.bodyByteCountMax)
    digest = EventDigest()
    header = nil
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) -> String? {
    var left = bytes
    while true {
      switch reader.next(&left) {
      case .needsMore: return left.isEmpty ? nil : "it needs more and leaves \(left.count) bytes"
      case .header(let header):
        digest.add(1, UInt64(header.requestID), UInt64(header.method), UInt64(header.bodyByteCount))
        self.header = header
        body.removeAll(keepingCapacity: true)
      case .body(let run): body += run
      case .end:
        guard let header, header.bodyByteCount == body.count else { return "a body of another length" }
        let fault = body.withUnsafeBytes { bytes in
          digest.add(bytes)
          return decoder.faultOfAnswer(bytes, header.method, isCompressed: header.flags.contains(.compressed))
        }
        if let fault { return fault }
      case .invalid: return nil
      }
    }
  }
}
