import SpanWire

/// Renders trace data as one OTLP/JSON document, chunk by chunk: `{"resourceSpans":[…]}`.
///
/// The encoding is JSON's mapping of protobuf with OTLP's differences
/// (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>): trace and span ids are hex, not
/// base64, and enumerations are numbers. Text that is not UTF-8 is repaired, control characters are escaped.
///
/// Works without recursion: values may nest as deep as a request has bytes.
package struct OTLPJSONDocument {
  /// What has been rendered and not been taken yet.
  package private(set) var bytes: [UInt8] = Array(#"{"resourceSpans":["#.utf8)
  /// Messages that are not protobuf and were rendered as far as they could be read.
  package private(set) var malformedMessageCount = 0
  private var isEmpty = true
  private var tasks: [Task] = []
  private var values = FieldValues()

  private enum Task {
    case text(StaticString)
    case key([UInt8])
    case message(OTLPMessage, MessageParts)
  }

  package init() {}

  /// Adds the resource spans of `chunk`, serialized `TracesData`.
  package mutating func append(_ chunk: UnsafeRawBufferPointer) {
    let fields = OTLPMessage.tracesData.fields
    read(MessageParts(chunk), fields)
    for value in values.values.reversed() {
      tasks.append(.message(.resourceSpans, MessageParts(value.bytes)))
      tasks.append(.text(","))
    }
    if isEmpty, !tasks.isEmpty {
      tasks.removeLast()
      isEmpty = false
    }
    while let task = tasks.popLast() { run(task) }
  }

  /// Ends the document; with nothing appended it is valid, too.
  package mutating func finish() {
    bytes.append(contentsOf: "]}\n".utf8)
  }

  /// Hands out what has been rendered.
  package mutating func take() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  private mutating func run(_ task: Task) {
    switch task {
    case .text(let text): text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    case .key(let key): bytes.append(contentsOf: key)
    case .message(let message, let parts): render(message, parts)
    }
  }

  private mutating func read(_ parts: MessageParts, _ fields: [OTLPField]) {
    if !values.read(parts, fields: fields) { malformedMessageCount += 1 }
  }

  /// Writes what is no message at once and leaves the messages inside, which come after it, as tasks.
  private mutating func render(_ message: OTLPMessage, _ parts: MessageParts) {
    let fields = message.fields
    read(parts, fields)
    bytes.append(UInt8(ascii: "{"))
    let start = bytes.count
    for index in fields.indices { renderScalars(index, fields[index]) }
    let taskStart = tasks.count
    tasks.append(.text("}"))
    for index in fields.indices.reversed() {
      if case .message(let inner) = fields[index].kind { pushMessages(index, fields[index], inner) }
    }
    // Each pushed field begins with a comma; the first member of an object has none.
    if bytes.count == start, tasks.count > taskStart + 1 { tasks.removeLast() }
  }

  private mutating func pushMessages(_ index: Int, _ field: OTLPField, _ message: OTLPMessage) {
    let found = values.values.filter { $0.field == index }
    guard let first = found.first else { return }
    if field.isList {
      tasks.append(.text("]"))
      for value in found.dropFirst().reversed() {
        tasks.append(.message(message, MessageParts(value.bytes)))
        tasks.append(.text(","))
      }
      tasks.append(.message(message, MessageParts(first.bytes)))
      tasks.append(.text("["))
    } else {
      var parts = MessageParts(first.bytes)
      for value in found.dropFirst() { parts.append(value.bytes) }
      tasks.append(.message(message, parts))
    }
    tasks.append(.key(field.key))
    tasks.append(.text(","))
  }

  private mutating func renderScalars(_ index: Int, _ field: OTLPField) {
    if case .message = field.kind { return }
    if field.isList {
      renderList(index, field)
    } else if let value = values.values.last(where: { $0.field == index }),
      field.isChoice || value.number != 0 || !value.bytes.isEmpty
    {
      beginMember(field)
      JSONText.append(value, as: field.kind, to: &bytes)
    }
  }

  private mutating func renderList(_ index: Int, _ field: OTLPField) {
    let found = values.values.filter { $0.field == index }
    guard !found.isEmpty else { return }
    beginMember(field)
    bytes.append(UInt8(ascii: "["))
    for (number, value) in found.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONText.append(value, as: field.kind, to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private mutating func beginMember(_ field: OTLPField) {
    if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    bytes.append(contentsOf: field.key)
  }
}
