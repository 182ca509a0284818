import NIOCore
import SpanModel
import SpanWire

/// An `ExportTraceServiceRequest` of made-up spans that is sent over and over: before each sending fresh ids
/// and times are written into its bytes in place, so that the load costs its sender next to nothing.
///
/// 512 spans are of 153 traces and take 435 bytes each, envelopes included: what a collector's batch of spans
/// from one service looks like.
struct SyntheticRequest {
  static let spansPerTrace = 512.0 / 153.0

  private(set) var buffer: ByteBuffer
  let spanCount: Int
  private let places: [SpanPlaces]
  private let traceCount: Int
  private var spanIDs: [UInt64]
  private var random: SplitMix

  /// - Parameter seed: ids of different seeds are different.
  init(spanCount: Int, seed: UInt64) {
    var writer = SyntheticRequestWriter(seed: seed)
    let request = writer.request(spanCount: spanCount)
    buffer = ByteBuffer(bytes: request)
    places = request.withUnsafeBytes { SpanPlaces.find(in: $0) }
    precondition(places.count == spanCount, "the request holds other spans than were written")
    self.spanCount = spanCount
    traceCount = (places.last?.trace ?? -1) + 1
    spanIDs = Array(repeating: 0, count: spanCount)
    random = SplitMix(state: ~seed)
  }

  var byteCount: Int { buffer.readableBytes }

  /// Gives every trace and span a new id, and the spans the times of spans that end `now`.
  ///
  /// - Parameter now: nanoseconds since 1970.
  mutating func refresh(now: UInt64) {
    let traceIDs = (0..<traceCount).map { _ in (random.next(), random.next() | 1) }
    for index in spanIDs.indices { spanIDs[index] = random.next() | 1 }
    // Copies the bytes only if the socket still holds them; by then the request was answered.
    buffer.withUnsafeMutableReadableBytes { bytes in
      for (index, place) in places.enumerated() {
        bytes.storeBytes(of: traceIDs[place.trace].0, toByteOffset: place.traceID, as: UInt64.self)
        bytes.storeBytes(of: traceIDs[place.trace].1, toByteOffset: place.traceID + 8, as: UInt64.self)
        bytes.storeBytes(of: spanIDs[index], toByteOffset: place.spanID, as: UInt64.self)
        if let (parentID, parent) = place.parent {
          bytes.storeBytes(of: spanIDs[parent], toByteOffset: parentID, as: UInt64.self)
        }
        let duration = spanIDs[index] >> 40  // Up to 17 ms.
        bytes.storeBytes(of: (now &- duration).littleEndian, toByteOffset: place.start, as: UInt64.self)
        bytes.storeBytes(of: now.littleEndian, toByteOffset: place.end, as: UInt64.self)
      }
    }
  }
}
