internal import SpanModel
internal import SpanWire

/// Makes the protobuf of OTLP's trace data from its JSON.
///
/// The encoding is JSON's mapping of protobuf with OTLP's differences
/// (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): ids are hex, enumerations numbers
/// (names are taken, too), members with other names are ignored. Numbers may be texts. Zero and empty values
/// are not written, as protobuf's encoders do.
///
/// Its memory is used again from text to text: as many buffers as messages nest.
package struct OTLPJSONDecoder {
  /// Of messages, and of what is ignored: a reader of protobuf takes no more.
  static let nestingDepthMax = ProtobufCursor.nestingDepthMax
  private static let bufferByteCountKept = 1 << 20

  /// Members that were ignored so far, and the name of the first.
  package private(set) var ignoredMemberCount = 0
  package private(set) var firstIgnoredMember = ""

  /// What is written of the messages that are open, the outermost first.
  private var open: [ProtobufWriter] = []
  private var text: [UInt8] = []

  package init() {}

  /// The `TracesData`, which is an `ExportTraceServiceRequest` too, that `json` stands for.
  package mutating func decode(_ json: UnsafeRawBufferPointer) throws(JSONError) -> [UInt8] {
    var cursor = JSONCursor(json)
    try readMessage(.tracesData, depth: 0, &cursor)
    guard cursor.peek() == nil else { throw cursor.error(.rest) }
    guard open[0].bytes.count <= SpanBatch.requestByteCountMax else {
      throw JSONError(.tooLong, position: 0)
    }
    defer { open = open.filter { $0.bytes.capacity <= Self.bufferByteCountKept } }
    return open[0].bytes
  }

  /// Reads an object into the buffer of its depth.
  private mutating func readMessage(_ message: OTLPMessage, depth: Int, _ cursor: inout JSONCursor)
    throws(JSONError)
  {
    guard depth < Self.nestingDepthMax else { throw cursor.error(.tooDeep) }
    if depth == open.count { open.append(ProtobufWriter()) }
    open[depth].bytes.removeAll(keepingCapacity: true)
    try cursor.take(UInt8(ascii: "{"))
    var isFirst = true
    while try cursor.takesNext(isFirst: isFirst, close: UInt8(ascii: "}")) {
      isFirst = false
      try cursor.readText(into: &text)
      try cursor.take(UInt8(ascii: ":"))
      if let field = message.fields.first(where: { $0.name == text }) {
        try readField(field, depth: depth, &cursor)
      } else {
        if ignoredMemberCount == 0 { firstIgnoredMember = String(decoding: text.prefix(100), as: UTF8.self) }
        ignoredMemberCount += 1
        try cursor.skipValue(&text)
      }
    }
  }

  private mutating func readField(_ field: OTLPField, depth: Int, _ cursor: inout JSONCursor)
    throws(JSONError)
  {
    if cursor.takes("null") { return }
    guard field.isList else { return try readValue(of: field, depth: depth, &cursor) }
    try cursor.take(UInt8(ascii: "["))
    var isFirst = true
    while try cursor.takesNext(isFirst: isFirst, close: UInt8(ascii: "]")) {
      isFirst = false
      try readValue(of: field, depth: depth, &cursor)
    }
  }

  private mutating func readValue(of field: OTLPField, depth: Int, _ cursor: inout JSONCursor)
    throws(JSONError)
  {
    guard case .message(let message) = field.kind else {
      return try JSONScalar.read(field, &cursor, &text, into: &open[depth])
    }
    try readMessage(message, depth: depth + 1, &cursor)
    let inner = open[depth + 1].bytes
    open[depth].writeBytes(inner, field: field.tag.number)
  }
}
