import SpanAnswers
import SpanModel
import SpanQuery
import SpanWire

/// Which spans are replayed.
struct SpanSelection: Equatable {
  /// Spans that started then or later.
  var since: Timestamp?
  /// Spans that started before.
  var until: Timestamp?
  /// Spans whose resource has this `service.name`.
  var service: String?

  var isAll: Bool { since == nil && until == nil && service == nil }

  /// The numbers of the spans of `request` that are selected.
  func spans(of request: OpenedRequest) -> [Int] {
    let isServed = service.map { service in
      request.batch.resources.indices.map { number in
        request.resource(UInt32(number)).withUnsafeBytes { fields in
          ServiceName.find(inResourceSpans: fields).map { $0.elementsEqual(service.utf8) } ?? false
        }
      }
    }
    return request.batch.spans.indices.filter { number in
      let span = request.batch.spans[number]
      if let since, span.start < since { return false }
      if let until, span.start >= until { return false }
      return isServed.map { $0[Int(span.resource)] } ?? true
    }
  }
}

extension OpenedRequest {
  /// A request with those spans alone, each in its envelopes.
  func request(of numbers: [Int]) -> [UInt8] {
    if numbers.count == batch.spans.count { return bytes }
    var builder = TracesDataBuilder()
    var before: SpanEntry?
    for number in numbers {
      let span = batch.spans[number]
      if before?.resource != span.resource {
        builder.begin(resource: resource(span.resource), scope: scope(span.scope))
      } else if before?.scope != span.scope {
        builder.begin(scope: scope(span.scope))
      }
      bytes(of: span.slice).withUnsafeBytes { builder.add(span: $0) }
      before = span
    }
    return builder.finish()
  }
}
