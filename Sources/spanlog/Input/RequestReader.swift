import SpanCompression
import SpanReceivers

/// Reads the requests in a file: length-delimited protobuf, or OTLP's JSON, told by its first bytes.
struct RequestReader<Source: ByteSource & ~Copyable>: ~Copyable {
  private enum Form { case protobuf, json }

  private let messageByteCountMax: Int
  private var form: Form?
  private var messages: LengthDelimitedReader<Source>
  private var objects: JSONObjectReader
  private var decoder = OTLPJSONDecoder()

  /// - Parameter file: a name for errors.
  init(_ source: consuming Source, file: String, messageByteCountMax: Int) {
    self.messageByteCountMax = messageByteCountMax
    messages = LengthDelimitedReader(source, file: file, messageByteCountMax: messageByteCountMax)
    // JSON takes two to three times the bytes.
    objects = JSONObjectReader(byteCountMax: 4 * messageByteCountMax)
  }

  var sourcePosition: UInt64 { messages.stream.sourcePosition }

  /// How many members of JSON objects were ignored, and the first; `nil` when none was.
  var ignoredText: String? {
    guard decoder.ignoredMemberCount > 0 else { return nil }
    return
      "\(decoder.ignoredMemberCount) members of JSON objects were ignored, which OTLP does not know, the "
      + "first of them \"\(decoder.firstIgnoredMember)\""
  }

  /// The next request in protobuf, or `nil` at the end.
  ///
  /// Of JSON the position is where the object ends.
  mutating func next() throws(InputFileError) -> LengthDelimitedReader<Source>.Message? {
    if form == nil { form = try detect() }
    guard form == .json else { return try messages.next() }
    guard let object = try objects.next(from: &messages.stream) else { return nil }
    let bytes = try decode(object)
    guard bytes.count <= messageByteCountMax else {
      throw InputFileError(
        file: messages.stream.file, .jsonTooLong(line: object.line, byteCountMax: messageByteCountMax))
    }
    return LengthDelimitedReader<Source>.Message(bytes: bytes, position: messages.stream.position)
  }

  private mutating func detect() throws(InputFileError) -> Form {
    _ = try messages.stream.fill(upTo: JSONStart.byteCount)
    let start = UnsafeRawBufferPointer(rebasing: messages.stream.unread.prefix(JSONStart.byteCount))
    switch JSONStart(detecting: start) {
    case .object: return .json
    case .other: throw InputFileError(file: messages.stream.file, .json)
    case .none: return .protobuf
    }
  }

  private mutating func decode(_ object: JSONObjectReader.Object) throws(InputFileError) -> [UInt8] {
    var outcome: Result<[UInt8], JSONError> = .success([])
    object.bytes.withUnsafeBytes { json in
      do throws(JSONError) { outcome = .success(try decoder.decode(json)) } catch {
        outcome = .failure(error)
      }
    }
    do throws(JSONError) { return try outcome.get() } catch {
      let (line, column) = object.place(of: error.position)
      throw InputFileError(
        file: messages.stream.file, .invalidJSON(line: line, column: column, reason: "\(error)"))
    }
  }
}

extension JSONObjectReader.Object {
  /// Line and column in the stream of a byte of the object.
  func place(of position: Int) -> (line: Int, column: Int) {
    let before = bytes.prefix(position)
    guard let last = before.lastIndex(of: UInt8(ascii: "\n")) else { return (line, column + position) }
    return (line + before.count { $0 == UInt8(ascii: "\n") }, position - last)
  }
}
