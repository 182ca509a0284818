package import SpanEngine
package import SpanModel
internal import SpanWire

/// All requests of a tenant in the order in which they arrived, without the spans of deleted traces.
///
/// Each source is in order; they are read side by side, and begun when their time comes. Memory: a window of
/// 1 MiB for each source of log segments, 32 MiB for each sealed segment whose requests came between those of
/// others, and the request that comes next. Damage is passed over and named in the end. Calls block on the
/// disk.
package final class ArrivalReader {
  private let sources: [any ArrivalSource]
  /// Those not begun yet, the earliest last.
  private var waiting: [any ArrivalSource]
  private var begun: [any ArrivalSource] = []

  package init(sources: [any ArrivalSource]) {
    self.sources = sources
    waiting = sources.sorted { $0.earliest > $1.earliest }
  }

  /// - Parameters:
  ///   - store: opened for reading only.
  ///   - tenant: whose requests are read, whatever partitions they came through.
  ///   - first: what has a lower sequence is left out.
  package convenience init(
    store: Store, tenant: UInt32 = 0, from first: RecordSequence = RecordSequence(0)
  ) {
    // First; see `Store.tombstones`.
    let tombstones = store.tombstones
    let snapshot = store.segmentSnapshot()
    let segments = (0..<snapshot.count).map(snapshot.segment)
    let chains = Dictionary(grouping: segments) { segment in
      [segment.header.lane, segment.header.isMadeToMeasure ? 1 : 0]
    }
    self.init(
      sources: chains.values.map { SegmentArrivals($0, of: tenant, from: first, tombstones) }
        + snapshot.sealed.filter { $0.footer.tenant == tenant }
        .map { SealedArrivals($0, from: first, tombstones) })
  }

  /// The next request; `nil` at the end. When its spans are in several files, it is put together again.
  package func next() throws(StoreError) -> ArrivedRequest? {
    guard let sequence = try leastSequence() else { return nil }
    var request: ArrivedRequest?
    for source in begun where try source.nextSequence() == sequence {
      let part = try source.next()
      request = request.map { $0.joined(with: part) } ?? part
    }
    return request
  }

  private func leastSequence() throws(StoreError) -> RecordSequence? {
    var least: RecordSequence?
    var going: [any ArrivalSource] = []
    for source in begun {
      guard let sequence = try source.nextSequence() else { continue }
      going.append(source)
      least = min(least ?? sequence, sequence)
    }
    while let source = waiting.last, least.map({ source.earliest <= $0 }) ?? true {
      waiting.removeLast()
      guard let sequence = try source.nextSequence() else { continue }
      going.append(source)
      least = min(least ?? sequence, sequence)
    }
    begun = going
    return least
  }

  /// All damage met so far, file by file.
  package var damages: [Damage] {
    sources.flatMap(\.damages).sorted { ($0.file, $0.position) < ($1.file, $1.position) }
  }

  /// How far it is through the bytes of all sources.
  package var position: UInt64 { sources.reduce(0) { $0 &+ $1.position } }
  package var byteCount: UInt64 { sources.reduce(0) { $0 &+ $1.byteCount } }
}

extension ArrivedRequest {
  /// Both parts of a request whose spans are in two files.
  fileprivate func joined(with other: ArrivedRequest) -> ArrivedRequest {
    // Of messages one behind the other protobuf makes one with the fields of both.
    ArrivedRequest(
      sequence: sequence, arrival: arrival, bytes: bytes + other.bytes,
      spanCount: spanCount + other.spanCount, lostSpanCount: lostSpanCount + other.lostSpanCount)
  }
}
