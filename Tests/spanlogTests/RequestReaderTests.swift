import SpanCompression
import SpanWire
import Testing

@testable import spanlog

/// Gives a few bytes at a time.
private struct Drip: ByteSource {
  var bytes: ArraySlice<UInt8>
  let byteCount: Int

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let part = bytes.prefix(min(byteCount, buffer.count))
    buffer.copyBytes(from: part)
    bytes = bytes.dropFirst(part.count)
    return part.count
  }
}

struct RequestReaderTests {
  /// A request with one resource, whose schema is `text`.
  private static func request(_ text: String) -> [UInt8] {
    var resource = ProtobufWriter()
    resource.writeString(text, field: 3)
    var request = ProtobufWriter()
    request.writeBytes(resource.bytes, field: 1)
    return request.bytes
  }

  private func read(_ bytes: [UInt8], _ byteCount: Int, byteCountMax: Int = 1000) throws -> [[UInt8]] {
    var reader = RequestReader(
      Drip(bytes: bytes[...], byteCount: byteCount), file: "f", messageByteCountMax: byteCountMax)
    var requests: [[UInt8]] = []
    while let request = try reader.next() { requests.append(request.bytes) }
    return requests
  }

  @Test(arguments: [1, 2, 7, 1000])
  func `JSON objects are read one a line, over several, and without a break between`(byteCount: Int) throws {
    let text = #"""
      {"resourceSpans":[{"schemaUrl":"a}\"{"}]}

      { "resourceSpans": [
        { "schemaUrl": "b\\" }
      ] }{"resourceSpans":[{"schemaUrl":"c"}]} {}
      """#
    #expect(
      try read(Array(text.utf8), byteCount) == [#"a}"{"#, #"b\"#, "c"].map(Self.request) + [[]])
  }

  @Test(arguments: [1, 7, 1000])
  func `protobuf is told from JSON whatever its first length is`(byteCount: Int) throws {
    for count in 1...300 {
      let request = Self.request(String(repeating: "\"", count: count))
      var stream = ProtobufWriter()
      stream.writeVarint(UInt64(request.count))
      #expect(try read(stream.bytes + request + stream.bytes + request, byteCount) == [request, request])
    }
  }

  @Test(
    arguments: [
      ("{}", .object), ("{ \n\"resourceSpans\"", .object), (" \t{\"a", .object), ("{\"_", .object),
      ("[{", .other),
      ("[]", .other), ("", .none), ("{", .none), ("{\"", .none), ("{\"\n", .none), ("[1", .none),
      ("x", .none),
    ] as [(String, JSONStart)])
  func `the first bytes tell`(text: String, start: JSONStart) {
    #expect(Array(text.utf8).withUnsafeBytes { JSONStart(detecting: $0) } == start)
  }

  @Test func `an object that is too long is refused before it is read, by its line`() {
    let text = "{}\n{\"a\":\"" + String(repeating: "x", count: 5000)
    #expect(throws: InputFileError(file: "f", .jsonTooLong(line: 2, byteCountMax: 4000))) {
      try read(Array(text.utf8), 100)
    }
    let long = #"{"resourceSpans":[{"schemaUrl":"\#(String(repeating: "x", count: 1000))"}]}"#
    #expect(throws: InputFileError(file: "f", .jsonTooLong(line: 1, byteCountMax: 1000))) {
      try read(Array(long.utf8), 100)
    }
  }
}
