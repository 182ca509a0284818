internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// The requests in files of frames that one lane filled one after the other.
///
/// A lane's files made to measure are a chain of their own: they are begun while another file is filled.
final class SegmentArrivals: ArrivalSource {
  /// The newest first, so that the last is the next.
  private var segments: [Segment]
  private let tenant: UInt32
  private let first: RecordSequence
  private var walk: RecordWalk?
  private var place: RecordWalk.Place?
  private var request: RecordRequest
  /// Of the segments that were walked to their end.
  private var walkedDamages: [Damage] = []
  private var walkedByteCount: UInt64 = 0
  let byteCount: UInt64

  /// - Parameters:
  ///   - segments: the oldest first.
  ///   - tenant: whose requests are read.
  ///   - first: what has a lower sequence is left out.
  ///   - tombstones: which spans are hidden.
  init(_ segments: [Segment], of tenant: UInt32, from first: RecordSequence, _ tombstones: Tombstones) {
    request = RecordRequest(tombstones)
    self.tenant = tenant
    self.segments = segments.reversed()
    self.first = first
    byteCount = segments.reduce(0) { $0 &+ $1.readableEnd }
  }

  var earliest: RecordSequence { first }
  var damages: [Damage] { walkedDamages + (walk?.damages ?? []) }
  var position: UInt64 { walkedByteCount &+ (walk?.position ?? 0) }

  func nextSequence() throws(StoreError) -> RecordSequence? {
    while place == nil, let segment = segments.last {
      if let end = segment.sequenceEnd, end <= first {
        finishSegment(segment)
        continue
      }
      if walk == nil { walk = try RecordWalk(segment) }
      guard let next = try walk?.next() else {
        finishSegment(segment)
        continue
      }
      let isWanted = next.header.kind == .request && next.header.tenant == tenant
      if isWanted, next.header.sequence >= first { place = next }
    }
    return place?.header.sequence
  }

  private func finishSegment(_ segment: Segment) {
    walkedDamages = damages
    walk = nil
    walkedByteCount &+= segment.readableEnd
    segments.removeLast()
  }

  func next() throws(StoreError) -> ArrivedRequest {
    guard let place, let segment = segments.last else { preconditionFailure("there is no next request") }
    self.place = nil
    let header = place.header
    do throws(StoreError) {
      if let request = try request.read(segment, at: place.position) { return request }
    } catch {
      guard case .corrupt = error else { throw error }
    }
    // The walk has named the damage.
    return ArrivedRequest(
      sequence: header.sequence, arrival: header.arrival, bytes: [], spanCount: 0,
      lostSpanCount: Int(header.counts.spans))
  }
}
