/// Spans of a trace that wait for what becomes of it.
struct HeldSpans {
  private struct Held {
    let end: Int
    let input: MergeInput
    let place: MergeInput.Place
  }

  private var bytes: [UInt8] = []
  private var spans: [Held] = []

  var byteCount: Int { bytes.count }
  var count: Int { spans.count }

  /// Takes a copy of the span that `input` stands at.
  mutating func append(_ input: MergeInput) {
    bytes.append(contentsOf: input.span)
    spans.append(Held(end: bytes.count, input: input, place: input.place))
  }

  func hand(to use: (UnsafeRawBufferPointer, MergeInput, MergeInput.Place) throws -> Void) rethrows {
    try bytes.withUnsafeBytes { bytes in
      var start = 0
      for span in spans {
        try use(UnsafeRawBufferPointer(rebasing: bytes[start..<span.end]), span.input, span.place)
        start = span.end
      }
    }
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
  }
}
