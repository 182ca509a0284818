import SpanModel
import SpanQuery
import SpanWire

@testable import spanlog

/// Requests with spans of which only the ids and times matter.
struct SampleSpan {
  var id: UInt64
  var start: UInt64 = 0
  var end: UInt64 = 0

  static let traceID = TraceID(high: 1, low: 2)

  var bytes: [UInt8] {
    var span = ProtobufWriter()
    span.writeBytes(Self.bytes(1) + Self.bytes(2), field: 1)
    span.writeBytes(Self.bytes(id), field: 2)
    span.writeFixed64(start, field: 7)
    span.writeFixed64(end, field: 8)
    return span.bytes
  }

  static func bytes(_ number: UInt64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

  /// A request with those spans of one service.
  static func request(service: String = "a", _ spans: [SampleSpan]) -> [UInt8] {
    var value = ProtobufWriter()
    value.writeString(service, field: 1)
    var attribute = ProtobufWriter()
    attribute.writeString("service.name", field: 1)
    attribute.writeBytes(value.bytes, field: 2)
    var resource = ProtobufWriter()
    resource.writeBytes(attribute.bytes, field: 1)
    var scopeSpans = ProtobufWriter()
    for span in spans { scopeSpans.writeBytes(span.bytes, field: 2) }
    var resourceSpans = ProtobufWriter()
    resourceSpans.writeBytes(resource.bytes, field: 1)
    resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
    var request = ProtobufWriter()
    request.writeBytes(resourceSpans.bytes, field: 1)
    return request.bytes
  }
}

extension ReplayFeed {
  /// A feed of those requests, one a second, numbered from 1.
  convenience init(
    _ requests: [[UInt8]], _ options: Options = Options(), now: UInt64 = 0,
    onRead: @escaping (RecordSequence, Int) -> Void = { _, _ in }
  ) {
    var number = 0
    self.init(
      options, now: { Timestamp(nanoseconds: now) }, onRead: onRead,
      next: {
        guard number < requests.count else { return nil }
        number += 1
        return ArrivedRequest(
          sequence: RecordSequence(UInt64(number)),
          arrival: Timestamp(nanoseconds: UInt64(number) * 1_000_000_000), bytes: requests[number - 1],
          spanCount: 1)
      })
  }

  func all() throws -> [ReplayRequest] {
    var requests: [ReplayRequest] = []
    while let request = try nextRequest() { requests.append(request) }
    return requests
  }
}

/// The spans of a request, in order.
func spans(in request: [UInt8]) throws -> [SpanEntry] {
  var opened = OpenedRequest()
  try opened.open(request)
  return opened.batch.spans
}
