import SpanCompression

/// Cuts a stream into the JSON objects in it: one a line, or over several lines.
///
/// Looks only for quotes and braces. Memory is taken as bytes arrive.
struct JSONObjectReader {
  struct Object {
    var bytes: [UInt8] = []
    /// Where it begins, both counted from 1; columns are bytes.
    var line = 1
    var column = 1
  }

  private let byteCountMax: Int
  private var line = 1
  private var column = 1

  init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

  /// The next object, or `nil` where the stream ends between two.
  mutating func next<Source: ByteSource & ~Copyable>(from stream: inout DecodedStream<Source>)
    throws(InputFileError) -> Object?
  {
    guard try skipSpace(&stream) else { return nil }
    guard stream.unread[0] == UInt8(ascii: "{") else {
      throw InputFileError(file: stream.file, .noJSONObject(line: line, column: column))
    }
    var object = Object(line: line, column: column)
    var end = ObjectEnd()
    while try stream.fill() {
      let unread = stream.unread
      let count = end.find(in: unread)
      object.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: unread[..<count]))
      advance(over: UnsafeRawBufferPointer(rebasing: unread[..<count]))
      stream.take(count)
      if end.isFound { return object }
      guard object.bytes.count <= byteCountMax else {
        throw InputFileError(
          file: stream.file, .jsonTooLong(line: object.line, byteCountMax: byteCountMax))
      }
    }
    throw InputFileError(file: stream.file, .jsonCutOff(line: object.line))
  }

  /// - Returns: `false` at the end of the stream.
  private mutating func skipSpace<Source: ByteSource & ~Copyable>(_ stream: inout DecodedStream<Source>)
    throws(InputFileError) -> Bool
  {
    while try stream.fill() {
      let unread = stream.unread
      let count = unread.prefix { " \t\r\n".utf8.contains($0) }.count
      advance(over: UnsafeRawBufferPointer(rebasing: unread[..<count]))
      let isDone = count < unread.count
      stream.take(count)
      if isDone { return true }
    }
    return false
  }

  private mutating func advance(over bytes: UnsafeRawBufferPointer) {
    guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
      column += bytes.count
      return
    }
    line += bytes.count { $0 == UInt8(ascii: "\n") }
    column = bytes.count - last
  }
}

/// Looks for the brace that closes the first one.
private struct ObjectEnd {
  private var depth = 0
  private var isInText = false
  private var isEscaped = false
  private(set) var isFound = false

  /// - Returns: how many of `bytes` belong to the object.
  mutating func find(in bytes: UnsafeRawBufferPointer) -> Int {
    for (number, byte) in bytes.enumerated() {
      take(byte)
      if isFound { return number + 1 }
    }
    return bytes.count
  }

  private mutating func take(_ byte: UInt8) {
    if isInText {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInText = false
      }
    } else {
      switch byte {
      case UInt8(ascii: "\""): isInText = true
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        isFound = depth == 0
      default: break
      }
    }
  }
}
