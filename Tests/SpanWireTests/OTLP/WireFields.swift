import SpanWire

/// Fields written out by hand, so that a test can put down what no encoder would.
func bytesField(_ number: UInt32, _ bytes: [UInt8]) -> [UInt8] {
  var writer = ProtobufWriter()
  writer.writeBytes(bytes, field: number)
  return writer.bytes
}

func textField(_ number: UInt32, _ text: String) -> [UInt8] { bytesField(number, [UInt8](text.utf8)) }

func varintField(_ number: UInt32, _ value: UInt64) -> [UInt8] {
  var writer = ProtobufWriter()
  writer.writeUInt64(value, field: number)
  return writer.bytes
}

func fixed64Field(_ number: UInt32, _ value: UInt64) -> [UInt8] {
  var writer = ProtobufWriter()
  writer.writeFixed64(value, field: number)
  return writer.bytes
}

/// Trace id 00…01 02…, span id 11…: what most tests need in front of what they are about.
let traceIDField = bytesField(1, [UInt8](0..<16))
let spanIDField = bytesField(2, [UInt8](0x11...0x18))
let ids = traceIDField + spanIDField

/// A request of one resource and one scope with these span messages.
func request(spans: [[UInt8]]) -> [UInt8] {
  bytesField(1, bytesField(2, spans.flatMap { bytesField(2, $0) }))
}

func scan(_ request: [UInt8]) throws -> SpanBatch {
  var batch = SpanBatch()
  try request.withUnsafeBytes { try batch.scan($0) }
  return batch
}

/// What stands at `slice` of `request`.
func bytes(_ slice: Slice, of request: [UInt8]) -> [UInt8] {
  [UInt8](request[Int(slice.position)..<Int(slice.position + slice.byteCount)])
}
