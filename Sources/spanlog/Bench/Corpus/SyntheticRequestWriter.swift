import SpanWire

/// Writes `ExportTraceServiceRequest`s of made-up spans: the one place where they are made up.
///
/// 512 spans are of 153 traces and take 435 bytes each, envelopes included: what a collector's batch of spans
/// from one service looks like. Attributes are those of an instrumented web shop: some from a few values,
/// some different in each span. The same seed writes the same bytes.
struct SyntheticRequestWriter {
  static let spansPerTrace = 512.0 / 153.0

  /// Each request is one service's.
  private static let services = [
    "checkout", "cart", "catalog", "frontend", "payment", "shipping", "search", "account",
  ]
  private static let scopes = ["http", "sql"]
  /// When the spans end, nanoseconds since 1970; whoever sends them moves all times to where they belong.
  private static let end: UInt64 = 1_700_000_000_000_000_000
  private static let verbs = ["get", "list", "create", "update", "delete", "check", "apply", "render"]
  private static let nouns = ["order", "item", "user", "cart", "price", "quote", "stock", "page"]

  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(state: seed) }

  /// One resource, and a scope for each instrumentation.
  ///
  /// - Parameter number: of the request in its corpus; decides the service.
  mutating func request(number: Int, spanCount: Int) -> [UInt8] {
    var resourceSpans = ProtobufWriter()
    resourceSpans.writeBytes(resource(Self.services[number % Self.services.count]), field: 1)
    var trace = TraceInProgress(random: &random)
    for (number, scope) in Self.scopes.enumerated() {
      let first = spanCount * number / Self.scopes.count
      let last = spanCount * (number + 1) / Self.scopes.count
      guard first < last else { continue }
      var scopeSpans = ProtobufWriter()
      scopeSpans.writeBytes(message { $0.writeString(scope, field: 1) }, field: 1)
      for index in first..<last {
        if Double(index) >= Double(trace.number + 1) * Self.spansPerTrace {
          trace = TraceInProgress(random: &random, number: trace.number + 1)
        }
        scopeSpans.writeBytes(span(of: &trace), field: 2)
      }
      resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
    }
    return message { $0.writeBytes(resourceSpans.bytes, field: 1) }
  }

  private mutating func resource(_ service: String) -> [UInt8] {
    let pod = hex(random.next())
    let attributes = [
      ("service.name", service), ("service.namespace", "shop"), ("service.version", "1.4.2"),
      ("service.instance.id", pod), ("deployment.environment", "production"), ("os.type", "linux"),
      ("host.name", "node-07"), ("k8s.pod.name", service + "-" + pod), ("k8s.namespace.name", "shop"),
      ("telemetry.sdk.language", "go"), ("telemetry.sdk.name", "opentelemetry"),
    ]
    return message { writer in
      for (key, value) in attributes { writer.writeBytes(attribute(key, text: value), field: 1) }
    }
  }

  private mutating func span(of trace: inout TraceInProgress) -> [UInt8] {
    let spanID = random.next() | 1
    let verb = Self.verbs[Int(random.next() % 8)]
    let noun = Self.nouns[Int(random.next() % 8)]
    let attributes = attributes(verb, noun)
    defer { trace.lastSpanID = spanID }
    return message { writer in
      writer.writeBytes(bytes(trace.high) + bytes(trace.low), field: 1)
      writer.writeBytes(bytes(spanID), field: 2)
      if let parentID = trace.lastSpanID { writer.writeBytes(bytes(parentID), field: 4) }
      writer.writeString("\(verb.uppercased()) /api/v1/\(noun)/{id}", field: 5)
      writer.writeUInt64(3, field: 6)
      writer.writeFixed64(Self.end - spanID >> 40, field: 7)  // Up to 17 ms.
      writer.writeFixed64(Self.end, field: 8)
      for attribute in attributes { writer.writeBytes(attribute, field: 9) }
      writer.writeTag(16, .fixed32)
      writer.bytes.append(contentsOf: [1, 1, 0, 0])
    }
  }

  private mutating func attributes(_ verb: String, _ noun: String) -> [[UInt8]] {
    [
      attribute("http.request.method", text: verb.uppercased()),
      attribute("http.route", text: "/api/v1/\(noun)/{id}"),
      attribute("url.path", text: "/api/v1/\(noun)/\(random.next() % 500_000)"),
      attribute("http.response.status_code", number: 200 + random.next() % 5),
      attribute("server.address", text: "\(noun).shop.svc.cluster.local"),
      attribute("server.port", number: 8080),
      attribute("network.peer.address", text: "10.0.\(random.next() % 32).\(random.next() % 255)"),
      attribute("network.peer.port", number: 1024 + random.next() % 60_000),
      attribute("enduser.id", text: hex(random.next())),
      attribute("app.request.uid", text: hex(random.next())),
    ]
  }

  private func attribute(_ key: String, text: String) -> [UInt8] {
    attribute(key) { $0.writeString(text, field: 1) }
  }

  private func attribute(_ key: String, number: UInt64) -> [UInt8] {
    attribute(key) { $0.writeUInt64(number, field: 3) }
  }

  private func attribute(_ key: String, _ value: (inout ProtobufWriter) -> Void) -> [UInt8] {
    message { writer in
      writer.writeString(key, field: 1)
      writer.writeBytes(message(value), field: 2)
    }
  }

  private func message(_ fields: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    fields(&writer)
    return writer.bytes
  }

  private func hex(_ number: UInt64) -> String { String(number, radix: 16) }

  private func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
}

/// The trace that spans are written for: each is the child of the one before.
private struct TraceInProgress {
  let number: Int
  let high: UInt64
  let low: UInt64
  var lastSpanID: UInt64?

  init(random: inout SplitMix, number: Int = 0) {
    self.number = number
    high = random.next()
    low = random.next() | 1
  }
}
