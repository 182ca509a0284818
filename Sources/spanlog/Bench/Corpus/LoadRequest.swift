import SpanModel
import SpanWire

/// An `ExportTraceServiceRequest` that is sent over and over: before each sending its ids and times are
/// changed in place, so that traces do not repeat and the load costs its sender next to nothing.
///
/// Every id of a round is its first value with the round's mask over it. So what belongs together still does:
/// children find their parents, and a trace whose spans are spread over several requests of a file stays one.
final class LoadRequest: @unchecked Sendable {
  // SAFETY: in one owner's hands at a time: the corpus lends it to a sender, who gives it back.

  let spanCount: Int
  let byteCount: Int
  /// Room for an RPC frame's header, and the body behind it: both leave in one call.
  private let frame: UnsafeMutableRawBufferPointer
  private let places: PatchPlaces
  /// What was laid over the first values last.
  private var stamp = RequestStamp()

  /// - Throws: when the bytes are no `ExportTraceServiceRequest`.
  init(_ request: [UInt8]) throws(WireError) {
    frame = .allocate(byteCount: RPCFrameHeader.byteCount + request.count, alignment: 64)
    frame.baseAddress?.initializeMemory(as: UInt8.self, repeating: 0, count: RPCFrameHeader.byteCount)
    UnsafeMutableRawBufferPointer(rebasing: frame[RPCFrameHeader.byteCount...]).copyBytes(from: request)
    byteCount = request.count
    places = try PatchPlaces(UnsafeRawBufferPointer(rebasing: frame[RPCFrameHeader.byteCount...]))
    spanCount = places.spanCount
  }

  deinit { frame.deallocate() }

  /// The latest end of a span as it was first, nanoseconds since 1970.
  var newest: UInt64 { places.newest }

  /// Hands the request's bytes to `use`.
  func withBody<Value, Failure: Error>(
    _ use: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    defer { withExtendedLifetime(self) {} }
    return try use(body)
  }

  private var body: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: frame[RPCFrameHeader.byteCount...])
  }

  /// The body as an append's frame, which lives as long as the request does.
  func frame(requestID: UInt32) -> UnsafeRawBufferPointer {
    RPCFrameHeader(method: RPCMethod.append.rawValue, requestID: requestID, bodyByteCount: byteCount)
      .encode(into: frame)
    return UnsafeRawBufferPointer(frame)
  }

  /// Lays `stamp` over the first values.
  func renew(_ stamp: RequestStamp) {
    let change = RequestStamp(
      traceHigh: stamp.traceHigh ^ self.stamp.traceHigh, traceLow: stamp.traceLow ^ self.stamp.traceLow,
      spanID: stamp.spanID ^ self.stamp.spanID, time: stamp.time &- self.stamp.time)
    self.stamp = stamp
    // SAFETY: places were found in these bytes, eight or sixteen before their end.
    guard let body = frame.baseAddress.map({ $0 + RPCFrameHeader.byteCount }) else { return }
    for place in places.traceIDs { Self.mask(body + Int(place), change) }
    for place in places.linkedTraceIDs { Self.mask(body + Int(place), change) }
    for place in places.spanIDs {
      let id = (body + Int(place)).loadUnaligned(as: UInt64.self)
      (body + Int(place)).storeBytes(of: id ^ change.spanID, as: UInt64.self)
    }
    for place in places.times {
      let time = UInt64(littleEndian: (body + Int(place)).loadUnaligned(as: UInt64.self))
      (body + Int(place)).storeBytes(of: (time &+ change.time).littleEndian, as: UInt64.self)
    }
  }

  @inline(__always)
  private static func mask(_ traceID: UnsafeMutableRawPointer, _ change: RequestStamp) {
    let high = traceID.loadUnaligned(as: UInt64.self)
    let low = traceID.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    traceID.storeBytes(of: high ^ change.traceHigh, as: UInt64.self)
    traceID.storeBytes(of: low ^ change.traceLow, toByteOffset: 8, as: UInt64.self)
  }

  /// The trace id that the span with this number has now.
  func traceID(ofSpan number: Int) -> TraceID {
    let place = Int(places.traceIDs[number])
    return TraceID(
      high: UInt64(bigEndian: body.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
      low: UInt64(bigEndian: body.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)))
  }
}

/// What makes a request's ids and times new: masks over its ids, and by how much its times are later.
struct RequestStamp {
  var traceHigh: UInt64 = 0
  var traceLow: UInt64 = 0
  var spanID: UInt64 = 0
  /// Nanoseconds; wraps around.
  var time: UInt64 = 0
}

extension RequestStamp {
  /// - Parameter time: nanoseconds.
  init(seed: UInt64, round: UInt64, time: UInt64) {
    var random = SplitMix(state: seed ^ round &* 0xd134_2543_de82_ef95)
    self.init(traceHigh: random.next(), traceLow: random.next(), spanID: random.next(), time: time)
  }
}
