internal import SpanModel
internal import SpanWire

/// What a span of another trace says of a trace: links to it are that span's own, and stay.
enum SpanLinks {
  /// Whether the id stands at all these places of a span within its links.
  static func hold(_ places: [Int], of span: UnsafeRawBufferPointer) -> Bool {
    guard let start = span.baseAddress else { return false }
    let links = ProtobufFields(span, OTLPTag.spanLink).compactMap { link -> Range<Int>? in
      link.baseAddress.map { $0 - start..<$0 - start + link.count }
    }
    return places.allSatisfy { place in
      links.contains { $0.lowerBound <= place && place + IDSearch.byteCount <= $0.upperBound }
    }
  }
}
