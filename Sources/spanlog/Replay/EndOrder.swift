import SpanModel

/// Puts spans in the order of their ends, as far as a window of time, and of memory, goes.
///
/// A span leaves when the newest end seen is a window later than its own, or when too many bytes are held.
struct EndOrder {
  struct Held {
    let end: Timestamp
    let sequence: RecordSequence
    let bytes: [UInt8]
    let envelopes: SpanEnvelopes
    /// In which order they came, for those that end together.
    fileprivate(set) var number: UInt64 = 0
  }

  /// Besides the bytes of a span: its place in the heap, its array.
  private static let spanOverheadByteCount = 96
  static let byteCountMaxDefault = 64 << 20

  /// Nanoseconds.
  private let window: UInt64
  private let byteCountMax: Int
  /// A heap: each is before both its children, at 2 n + 1 and 2 n + 2.
  private var heap: [Held] = []
  private var byteCount = 0
  private var nextNumber: UInt64 = 0
  private var newestEnd: UInt64 = 0
  private var lastLeft: UInt64 = 0
  /// Spans that came when later ones had left.
  private(set) var lateSpanCount = 0

  init(window: UInt64, byteCountMax: Int = EndOrder.byteCountMaxDefault) {
    self.window = window
    self.byteCountMax = byteCountMax
  }

  mutating func add(_ span: Held) {
    var span = span
    span.number = nextNumber
    nextNumber += 1
    if span.end.nanoseconds < lastLeft { lateSpanCount += 1 }
    newestEnd = max(newestEnd, span.end.nanoseconds)
    byteCount += span.bytes.count + Self.spanOverheadByteCount
    heap.append(span)
    rise(from: heap.count - 1)
  }

  /// The next span, if nothing that is still to come within the window can be before it.
  mutating func popReady() -> Held? {
    guard let first = heap.first else { return nil }
    let isOld = first.end.nanoseconds <= newestEnd &- min(window, newestEnd)
    return isOld || byteCount > byteCountMax ? pop() : nil
  }

  /// The next span; nothing comes any more.
  mutating func pop() -> Held? {
    guard let last = heap.popLast() else { return nil }
    var first = last
    if !heap.isEmpty {
      first = heap[0]
      heap[0] = last
      sink()
    }
    byteCount -= first.bytes.count + Self.spanOverheadByteCount
    lastLeft = max(lastLeft, first.end.nanoseconds)
    return first
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].end, heap[left].number) < (heap[right].end, heap[right].number)
  }

  private mutating func rise(from place: Int) {
    var place = place
    while place > 0 {
      let parent = (place - 1) / 2
      guard isBefore(place, parent) else { return }
      heap.swapAt(place, parent)
      place = parent
    }
  }

  private mutating func sink() {
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count && isBefore(child, least) {
        least = child
      }
      if least == place { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}

/// What spans of one scope of one request share; held once for all of them.
final class SpanEnvelopes: Sendable {
  let resource: [UInt8]
  let scope: [UInt8]

  init(resource: [UInt8], scope: [UInt8]) {
    self.resource = resource
    self.scope = scope
  }
}
