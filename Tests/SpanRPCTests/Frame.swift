import SpanWire

/// A frame as a test sees it.
struct Frame: Equatable, Sendable {
  var header: RPCFrameHeader
  var body: [UInt8]

  init(header: RPCFrameHeader, body: [UInt8]) {
    self.header = header
    self.body = body
  }

  /// A request.
  init(_ method: RPCMethod, _ requestID: UInt32, _ body: [UInt8] = [], flags: RPCFlags = []) {
    header = RPCFrameHeader(
      method: method.rawValue, flags: flags, requestID: requestID, bodyByteCount: body.count)
    self.body = body
  }

  /// An answer to the first request of a client.
  init(answer method: UInt8, flags: RPCFlags = [], body: [UInt8] = []) {
    header = RPCFrameHeader(method: method, flags: flags, requestID: 1, bodyByteCount: body.count)
    self.body = body
  }

  var bytes: [UInt8] { header.encoded + body }

  var isError: Bool { header.method == RPCMethod.errorAnswer }

  /// What an error answer says; `nil` for any other.
  var status: RPCStatus? { isError ? try? RPCStatus(decoding: body) : nil }

  /// All frames in `bytes`, with what is left of an incomplete one.
  static func frames(in bytes: [UInt8]) -> [Frame] {
    var reader = FrameCollector()
    return bytes.withUnsafeBytes { reader.read($0) }
  }
}

/// Gathers frames from bytes as they come.
struct FrameCollector {
  private var reader = RPCFrameReader(bodyByteCountMax: 1 << 30)
  private var current: Frame?

  mutating func read(_ bytes: UnsafeRawBufferPointer) -> [Frame] {
    var frames: [Frame] = []
    var left = bytes
    while true {
      switch reader.next(&left) {
      case .needsMore, .invalid: return frames
      case .header(let header): current = Frame(header: header, body: [])
      case .body(let run): current?.body.append(contentsOf: run)
      case .end:
        if let current { frames.append(current) }
        current = nil
      }
    }
  }
}
