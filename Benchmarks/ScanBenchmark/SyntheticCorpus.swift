import SpanWire

/// Makes requests as a busy service's exporter would: 512 spans of about 435 bytes, 8 attributes each, of
/// some 153 traces, in two scopes under one resource. The same seed makes the same bytes.
package struct SyntheticCorpus {
  package static let spanCount = 512
  package static let traceCount = 153

  private var random: UInt64

  package init(seed: UInt64) { random = seed }

  package mutating func requests(_ count: Int) -> [[UInt8]] {
    (0..<count).map { _ in request() }
  }

  private mutating func request() -> [UInt8] {
    let traces = (0..<Self.traceCount).map { _ in (next(), next()) }
    var resource = ProtobufWriter()
    resource.writeBytes(envelope(["service.name": "checkout", "host.name": "node-17"]), field: 1)
    for scope in ["http", "sql"] {
      resource.writeBytes(scopeSpans(scope, traces: traces), field: 2)
    }
    var request = ProtobufWriter()
    request.writeBytes(resource.bytes, field: 1)
    return request.bytes
  }

  private mutating func scopeSpans(_ name: String, traces: [(UInt64, UInt64)]) -> [UInt8] {
    var scope = ProtobufWriter()
    scope.writeString(name, field: 1)
    var message = ProtobufWriter()
    message.writeBytes(scope.bytes, field: 1)
    for _ in 0..<Self.spanCount / 2 {
      message.writeBytes(span(of: traces[Int(next() % UInt64(traces.count))]), field: 2)
    }
    return message.bytes
  }

  private mutating func span(of trace: (UInt64, UInt64)) -> [UInt8] {
    var span = ProtobufWriter()
    span.writeBytes(bytes(of: trace.0) + bytes(of: trace.1), field: 1)
    span.writeBytes(bytes(of: next()), field: 2)
    if next() % 8 != 0 { span.writeBytes(bytes(of: next()), field: 4) }
    span.writeString("GET /api/orders/{id}/items", field: 5)
    span.writeUInt64(1 + next() % 5, field: 6)
    let start = 1_700_000_000_000_000_000 + next() % 1_000_000_000
    span.writeFixed64(start, field: 7)
    span.writeFixed64(start + next() % 50_000_000, field: 8)
    for (key, value) in attributes() { span.writeBytes(attribute(key, value), field: 9) }
    span.writeBytes(next() % 16 == 0 ? [0x18, 0x02] : [], field: 15)
    span.writeTag(16, .fixed32)
    span.bytes += [1, 1, 0, 0]
    return span.bytes
  }

  private mutating func attributes() -> [(String, String)] {
    [
      ("http.request.method", "GET"), ("http.route", "/api/orders/{id}/items"),
      ("url.full", "https://shop.example.com/api/orders/\(next() % 1_000_000)/items"),
      ("http.response.status_code", "200"), ("server.address", "shop.example.com"),
      ("client.address", "10.\(next() % 256).\(next() % 256).\(next() % 256)"),
      ("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)"), ("request.id", String(next(), radix: 16)),
    ]
  }

  private func attribute(_ key: String, _ value: String) -> [UInt8] {
    var text = ProtobufWriter()
    text.writeString(value, field: 1)
    var attribute = ProtobufWriter()
    attribute.writeString(key, field: 1)
    attribute.writeBytes(text.bytes, field: 2)
    return attribute.bytes
  }

  private func envelope(_ attributes: KeyValuePairs<String, String>) -> [UInt8] {
    var message = ProtobufWriter()
    for (key, value) in attributes { message.writeBytes(attribute(key, value), field: 1) }
    return message.bytes
  }

  private func bytes(of number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  /// SplitMix64: good enough to look like ids, and the same everywhere.
  private mutating func next() -> UInt64 {
    random &+= 0x9e37_79b9_7f4a_7c15
    var mixed = random
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
