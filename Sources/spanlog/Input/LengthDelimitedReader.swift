import SpanCompression

/// Reads messages one behind the other, each after its length as a varint, decompressed on the way.
///
/// Memory is taken as bytes arrive, not as lengths are claimed.
struct LengthDelimitedReader<Source: ByteSource & ~Copyable>: ~Copyable {
  struct Message: Equatable {
    var bytes: [UInt8]
    /// Of its first byte, behind its length.
    var position: UInt64
  }

  private static var firstGrantByteCount: Int { 1 << 20 }

  private let messageByteCountMax: Int
  var stream: DecodedStream<Source>

  /// - Parameter file: a name for errors.
  init(_ source: consuming Source, file: String, messageByteCountMax: Int) {
    self.messageByteCountMax = messageByteCountMax
    stream = DecodedStream(source, file: file)
  }

  /// The next message, or `nil` where the stream ends between two.
  mutating func next() throws(InputFileError) -> Message? {
    guard let byteCount = try readLength() else { return nil }
    let start = stream.position
    guard byteCount <= messageByteCountMax else {
      throw error(.tooLong(position: start, byteCount: byteCount, byteCountMax: messageByteCountMax))
    }
    var bytes: [UInt8] = []
    while bytes.count < Int(byteCount) {
      guard try stream.fill() else {
        throw error(.cutOff(position: start, byteCount: byteCount, presentByteCount: bytes.count))
      }
      let part = stream.unread.prefix(Int(byteCount) - bytes.count)
      if bytes.isEmpty { bytes.reserveCapacity(min(Int(byteCount), Self.firstGrantByteCount)) }
      bytes.append(contentsOf: part)
      stream.take(part.count)
    }
    return Message(bytes: bytes, position: start)
  }

  private mutating func readLength() throws(InputFileError) -> UInt64? {
    let start = stream.position
    var length: UInt64 = 0
    for shift in stride(from: 0, to: 63, by: 7) {
      guard try stream.fill() else {
        if shift == 0 { return nil }
        throw error(.invalidLength(position: start))
      }
      let byte = stream.unread[0]
      stream.take(1)
      length |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return length }
    }
    throw error(.invalidLength(position: start))
  }

  private func error(_ problem: InputFileError.Problem) -> InputFileError {
    InputFileError(file: stream.file, problem)
  }
}
