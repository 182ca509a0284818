import SpanAnswers
import SpanWire

/// Which services the spans of requests are of, and how many bytes they take.
struct ServiceShares {
  struct Share: Equatable {
    var spanCount: UInt64 = 0
    /// Of the bodies, envelopes included; of sealed spans without their envelopes, which many have in common.
    var bodyByteCount: UInt64 = 0
  }

  /// As many are told apart; a store with more has ids where names should be.
  private static let nameCountMax = 10_000
  private static let nameByteCountMax = 256

  private(set) var shares: [String: Share] = [:]
  /// Of services beyond those told apart.
  private(set) var rest = Share()
  private var batch = SpanBatch()

  /// Adds a body, the serialized `ExportTraceServiceRequest`.
  mutating func add(_ body: UnsafeRawBufferPointer) throws(WireError) {
    try batch.scan(body)
    var spans = batch.spans.map(\.slice.position)[...]
    var cursor = ProtobufCursor(body)
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.readTag()
      guard tag == ProtobufTag(1, .bytes) else {
        try cursor.skipValue(of: tag)
        continue
      }
      let resourceSpans = try cursor.readBytes()
      // Spans come in the order of their bytes.
      let count = spans.prefix { Int($0) < cursor.position }.count
      spans.removeFirst(count)
      add(name(of: resourceSpans), spanCount: count, byteCount: cursor.position - start)
    }
  }

  /// Adds sealed spans.
  ///
  /// - Parameter resource: their resource envelope.
  mutating func add(resource: [UInt8], spanCount: UInt64, byteCount: UInt64) {
    guard spanCount > 0 else { return }
    add(resource.withUnsafeBytes { name(of: $0) }, spanCount: Int(spanCount), byteCount: Int(byteCount))
  }

  private func name(of resourceSpans: UnsafeRawBufferPointer) -> String {
    guard let name = ServiceName.find(inResourceSpans: resourceSpans), !name.isEmpty else { return "" }
    return String(decoding: name.prefix(Self.nameByteCountMax), as: UTF8.self)
  }

  private mutating func add(_ name: String, spanCount: Int, byteCount: Int) {
    let addition = Share(spanCount: UInt64(spanCount), bodyByteCount: UInt64(byteCount))
    if shares[name] == nil, shares.count >= Self.nameCountMax {
      rest = rest + addition
    } else {
      shares[name] = shares[name, default: Share()] + addition
    }
  }

  /// The services with most bytes, and the sum of all others.
  func top(_ count: Int) -> (services: [(name: String, share: Share)], others: Share, otherCount: Int) {
    let sorted = shares.sorted { ($0.value.bodyByteCount, $1.key) > ($1.value.bodyByteCount, $0.key) }
    let others = sorted.dropFirst(count)
    return (
      sorted.prefix(count).map { ($0.key, $0.value) }, others.reduce(rest) { $0 + $1.value }, others.count
    )
  }
}

extension ServiceShares.Share {
  static func + (left: Self, right: Self) -> Self {
    Self(
      spanCount: left.spanCount + right.spanCount, bodyByteCount: left.bodyByteCount + right.bodyByteCount)
  }
}
