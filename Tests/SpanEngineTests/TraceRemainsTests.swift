import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Where a trace is still found in the files of a directory.
struct TraceRemainsTests {
  private static let traceID = TraceID(high: 0x8123_4567_89ab_cdef, low: 0x0fed_cba9_8765_4321)

  private static func bytes(_ id: TraceID) -> [UInt8] {
    [id.high, id.low].flatMap { half in withUnsafeBytes(of: half.bigEndian) { Array($0) } }
  }

  /// A request with one span, which may link to a trace.
  private static func request(
    _ traceID: TraceID, spanID: UInt64, linkTo link: TraceID? = nil, text: String = ""
  )
    -> GeneratedRequest
  {
    var span = ProtobufWriter()
    span.writeBytes(bytes(traceID), field: 1)
    span.writeBytes(withUnsafeBytes(of: spanID.bigEndian) { Array($0) }, field: 2)
    span.writeString("name" + text, field: 5)
    if let link {
      var message = ProtobufWriter()
      message.writeBytes(bytes(link), field: 1)
      message.writeBytes([1, 2, 3, 4, 5, 6, 7, 8], field: 2)
      span.writeBytes(message.bytes, field: 13)
    }
    var scopeSpans = ProtobufWriter()
    scopeSpans.writeBytes(span.bytes, field: 2)
    var resourceSpans = ProtobufWriter()
    resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
    var message = ProtobufWriter()
    message.writeBytes(resourceSpans.bytes, field: 1)
    return GeneratedRequest(
      bytes: message.bytes,
      spans: [GeneratedSpan(traceID: traceID, bytes: span.bytes, resource: [], scope: [])])
  }

  private func find(_ platform: SimulatedPlatform) throws -> TraceRemains {
    try TraceRemains.find(Self.traceID, in: "data", platform: platform)
  }

  private func logStore(_ requests: [GeneratedRequest]) throws -> SimulatedPlatform {
    let platform = SimulatedPlatform()
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    let stepped = try SteppedStore(options, platform: platform)
    for request in requests { _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))]) }
    try stepped.close()
    return platform
  }

  private static let others = (1...3).map { request(TraceID(high: 7, low: $0), spanID: $0, text: "\($0)") }
  private static let links = (4...6).map {
    request(TraceID(high: 7, low: $0), spanID: $0, linkTo: traceID, text: "\($0)")
  }

  @Test func `a trace in a log segment is held there, twice: in the request and in its directory`() throws {
    let platform = try logStore(Self.others + [Self.request(Self.traceID, spanID: 9)])
    let remains = try find(platform)
    #expect(!remains.isGone && remains.placeCount == 2 && remains.linkCount == 0)
    #expect(remains.places.allSatisfy { $0.file.hasSuffix(".active") && $0.what == "its id" })
  }

  @Test func `links of other traces are counted and are no remains`() throws {
    let log = try find(try logStore(Self.others + Self.links))
    #expect(log.isGone && log.linkCount == 3, "\(log.places)")
    let sealed = try find(try SealedStore(Self.others + Self.links).platform())
    #expect(sealed.isGone && sealed.linkCount == 3, "\(sealed.places)")
  }

  @Test func `a trace in a sealed segment is held there`() throws {
    let requests = Self.others + Self.links + [Self.request(Self.traceID, spanID: 9)]
    let remains = try find(try SealedStore(requests).untouchable())
    #expect(remains.placeCount == 1 && remains.linkCount == 3)
    #expect(remains.places.first?.what == "1 of its spans")
  }

  @Test(arguments: ["data/lane-0-0000000000000009.active", "data/store.identity.tmp", "data/notes"])
  func `its bytes in a spare, a half-made or any other file are remains`(path: String) throws {
    var disk = try SealedStore(Self.others).disk
    #expect(try find(SimulatedPlatform(disk)).isGone)
    let junk = [UInt8](repeating: 7, count: 5000)
    disk.put(path, junk + Self.bytes(Self.traceID) + junk)
    let remains = try find(SimulatedPlatform(disk))
    #expect(
      remains.places == [
        TraceRemains.Place(file: String(path.dropFirst(5)), position: 5000, what: "its id")
      ])
  }

  @Test func `a segment that is damaged proves nothing`() throws {
    let subject = try SealedStore(Self.others)
    var mutant = subject.bytes
    mutant[SealedFooter.byteCount] ^= 1
    let remains = try find(subject.platform(mutant))
    #expect(remains.placeCount == 0 && !remains.isGone && !remains.damages.isEmpty)
  }
}
