import SpanEngine
import SpanModel
import SpanQuery
import SpanWire

/// Makes the requests to be sent of those that a store holds.
final class ReplayFeed {
  struct Options {
    var selection = SpanSelection()
    /// Nanoseconds within which spans are put in the order of their ends; `nil`: the order of arrival.
    var endWindow: UInt64?
    var mask: IDMask?
    var shift = TimeShift.none
  }

  enum TimeShift: Equatable {
    case none
    /// So that the first span starts now.
    case toNow
    case by(Int64)
  }

  private let next: () throws(StoreError) -> ArrivedRequest?
  private let options: Options
  private let now: () -> Timestamp
  /// Told of each record that was read, and how many of its spans will come.
  private let onRead: (RecordSequence, Int) -> Void
  private var opened = OpenedRequest()
  private var order: EndOrder?
  private var collected = EndOrderedRequest()
  /// A span that the request before had no room for.
  private var leftOver: EndOrder.Held?
  private var isAtEnd = false
  /// Nanoseconds by which times are moved, once it is known.
  private(set) var shift: Int64?
  /// Spans that could not be read.
  private(set) var lostSpanCount = 0
  /// Spans that were not selected.
  private(set) var unselectedSpanCount = 0

  var lateSpanCount: Int { order?.lateSpanCount ?? 0 }

  init(
    _ options: Options, now: @escaping () -> Timestamp, onRead: @escaping (RecordSequence, Int) -> Void,
    next: @escaping () throws(StoreError) -> ArrivedRequest?
  ) {
    self.options = options
    self.now = now
    self.onRead = onRead
    self.next = next
    order = options.endWindow.map { EndOrder(window: $0) }
    if case .by(let shift) = options.shift { self.shift = shift }
  }

  /// The next request to be sent; `nil` at the end.
  func nextRequest() throws(StoreError) -> ReplayRequest? {
    let request = order == nil ? try nextArrived() : try nextEnded()
    return request.map(changed)
  }

  /// Opens the next record.
  ///
  /// - Returns: which of its spans are selected; `nil` at the end.
  private func open() throws(StoreError) -> (ArrivedRequest, selected: [Int])? {
    guard let arrived = try next() else { return nil }
    lostSpanCount += arrived.lostSpanCount
    do throws(WireError) { try opened.open(arrived.bytes) } catch {
      // It was protobuf when it was stored.
      lostSpanCount += arrived.spanCount
      return (arrived, [])
    }
    let selected =
      options.selection.isAll ? Array(opened.batch.spans.indices) : options.selection.spans(of: opened)
    unselectedSpanCount += opened.batch.spans.count - selected.count
    return (arrived, selected)
  }
}

// MARK: In order of arrival

extension ReplayFeed {
  private func nextArrived() throws(StoreError) -> ReplayRequest? {
    while let (arrived, selected) = try open() {
      onRead(arrived.sequence, selected.count)
      guard !selected.isEmpty else { continue }
      return ReplayRequest(
        bytes: opened.request(of: selected), spanCount: selected.count, time: arrived.arrival,
        parts: [ReplayRequest.Part(sequence: arrived.sequence, spanCount: selected.count)])
    }
    return nil
  }
}

// MARK: In order of the ends

extension ReplayFeed {
  private func nextEnded() throws(StoreError) -> ReplayRequest? {
    while true {
      if let span = leftOver.take() ?? (isAtEnd ? order?.pop() : order?.popReady()) {
        if collected.isFull(for: span) {
          leftOver = span
          return collected.finish()
        }
        collected.add(span)
      } else if isAtEnd {
        return collected.finish()
      } else {
        isAtEnd = try !hold()
      }
    }
  }

  /// Takes the spans of the next record apart.
  ///
  /// - Returns: `false` when there is none.
  private func hold() throws(StoreError) -> Bool {
    guard let (arrived, selected) = try open() else { return false }
    onRead(arrived.sequence, selected.count)
    var scope: UInt32?
    var envelopes = SpanEnvelopes(resource: [], scope: [])
    for number in selected {
      let span = opened.batch.spans[number]
      if span.scope != scope {
        envelopes = SpanEnvelopes(
          resource: opened.resource(span.resource), scope: opened.scope(span.scope))
        scope = span.scope
      }
      order?.add(
        EndOrder.Held(
          end: span.end, sequence: arrived.sequence, bytes: Array(opened.bytes(of: span.slice)),
          envelopes: envelopes))
    }
    return true
  }
}

// MARK: Changes

extension ReplayFeed {
  private func changed(_ request: ReplayRequest) -> ReplayRequest {
    guard options.mask != nil || options.shift != .none else { return request }
    // It was opened before, or put together here: it is protobuf.
    do throws(WireError) { try opened.open(request.bytes) } catch { return request }
    var changed = request
    let spans = opened.batch.spans
    SpanChange(shift: shift(for: spans), mask: options.mask).apply(to: &changed.bytes, spans: spans)
    return changed
  }

  private func shift(for spans: [SpanEntry]) -> Int64 {
    if let shift { return shift }
    guard options.shift == .toNow, let first = spans.map(\.start).filter({ $0.nanoseconds > 0 }).min() else {
      return 0
    }
    let shift = Int64(truncatingIfNeeded: now().nanoseconds &- first.nanoseconds)
    self.shift = shift
    return shift
  }
}
