import SpanWire

/// Writes the spans that a synthetic request is made of, once.
///
/// Attributes are those of an instrumented web shop: some from a few values, some different in each span.
struct SyntheticRequestWriter {
  private static let scopes = ["http", "grpc", "sql", "shop/tracing"]
  private static let verbs = ["get", "list", "create", "update", "delete", "check", "apply", "render"]
  private static let nouns = ["order", "item", "user", "cart", "price", "quote", "stock", "page"]

  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(state: seed) }

  /// One resource, and a scope for each instrumentation.
  mutating func request(spanCount: Int) -> [UInt8] {
    var resourceSpans = ProtobufWriter()
    resourceSpans.writeBytes(resource(), field: 1)
    var trace = TraceInProgress(random: &random)
    for (number, scope) in Self.scopes.enumerated() {
      let first = spanCount * number / Self.scopes.count
      let last = spanCount * (number + 1) / Self.scopes.count
      var scopeSpans = ProtobufWriter()
      scopeSpans.writeBytes(message { $0.writeString(scope, field: 1) }, field: 1)
      for index in first..<last {
        if Double(index) >= Double(trace.number + 1) * SyntheticRequest.spansPerTrace {
          trace = TraceInProgress(random: &random, number: trace.number + 1)
        }
        scopeSpans.writeBytes(span(of: &trace), field: 2)
      }
      resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
    }
    return message { $0.writeBytes(resourceSpans.bytes, field: 1) }
  }

  private mutating func resource() -> [UInt8] {
    let pod = hex(random.next())
    let attributes = [
      ("service.name", "checkout"), ("service.namespace", "shop"), ("service.version", "1.4.2"),
      ("service.instance.id", pod), ("deployment.environment", "production"), ("os.type", "linux"),
      ("host.name", "node-07"), ("k8s.pod.name", "checkout-" + pod), ("k8s.namespace.name", "shop"),
      ("telemetry.sdk.language", "go"), ("telemetry.sdk.name", "opentelemetry"),
    ]
    return message { writer in
      for (key, value) in attributes { writer.writeBytes(attribute(key, text: value), field: 1) }
    }
  }

  private mutating func span(of trace: inout TraceInProgress) -> [UInt8] {
    let spanID = random.next()
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
      for number in [UInt32(7), 8] {
        writer.writeTag(number, .fixed64)
        writer.bytes.append(contentsOf: bytes(0))
      }
      for attribute in attributes { writer.writeBytes(attribute, field: 9) }
      writer.writeTag(16, .fixed32)
      writer.bytes.append(contentsOf: [1, 1, 0, 0])
    }
  }

  private mutating func attributes(_ verb: String, _ noun: String) -> [[UInt8]] {
    [
      attribute("http.request.method", text: verb.uppercased()),
      attribute("http.route", text: "/api/v1/\(noun)/{id}"),
      attribute("url.path", text: "/api/v1/\(noun)/\(random.next() % 5_000_000)"),
      attribute("http.response.status_code", number: 200 + random.next() % 5),
      attribute("server.address", text: "\(noun).shop.svc.cluster.local"),
      attribute("server.port", number: 8080),
      attribute("network.peer.address", text: "10.0.\(random.next() % 32).\(random.next() % 255)"),
      attribute("network.peer.port", number: 1024 + random.next() % 60_000),
      attribute("enduser.id", text: "usr_" + hex(random.next())),
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
    low = random.next()
  }
}
