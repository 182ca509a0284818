import Foundation
import SpanModel
import SpanWire
import Testing

@testable import spanlog

struct LoadCorpusTests {
  private func requests(_ spanCount: Int = 512, seed: UInt64 = 1) throws -> [[UInt8]] {
    try CorpusSource.synthetic(spansPerRequest: spanCount).requests(seed: seed)
  }

  private func scan(_ bytes: [UInt8]) throws -> SpanBatch {
    var batch = SpanBatch()
    try bytes.withUnsafeBytes { try batch.scan($0) }
    return batch
  }

  private func body(_ lent: LentRequest) -> [UInt8] { lent.request.withBody { [UInt8]($0) } }

  @Test func `512 spans are of 153 traces, of one service and two scopes, and take 434 to 435 bytes each`()
    throws
  {
    let requests = try requests()
    for request in requests {
      let batch = try scan(request)
      #expect(batch.spans.count == 512 && Set(batch.spans.map(\.traceID)).count == 153)
      #expect(batch.resources.count == 1 && batch.scopes.count == 2)
    }
    let byteCount = requests.reduce(0) { $0 + $1.count } / requests.count
    #expect((434 * 512...436 * 512).contains(byteCount))
  }

  @Test func `the same seed makes the same bytes, another one others`() throws {
    #expect(try requests(64) == requests(64))
    #expect(try requests(64) != requests(64, seed: 2))
  }

  @Test(arguments: [1, 2, 3, 7, 512, 10_000])
  func `a request has as many spans as asked for`(spanCount: Int) throws {
    let request = try requests(spanCount)[0]
    #expect(try scan(request).spans.count == spanCount)
  }

  @Test func `renewed it has other ids, the same form, and parents where they were`() throws {
    let corpus = try LoadCorpus(Array(requests(64).prefix(1)), seed: 1, lentCountMax: 1)
    let lent = corpus.take()
    let first = try scan(body(lent))
    let firstBytes = body(lent)
    corpus.giveBack(lent)
    let second = try scan(body(corpus.take()))
    #expect(second.rejectedSpanCount == 0 && second.spans.count == 64)
    #expect(firstBytes.count == lent.request.byteCount && firstBytes != body(lent))
    #expect(Set(first.spans.map(\.traceID)).isDisjoint(with: second.spans.map(\.traceID)))
    #expect(Set(first.spans.map(\.spanID)).isDisjoint(with: second.spans.map(\.spanID)))
    for batch in [first, second] {
      for span in batch.spans where !span.parentID.isZero {
        #expect(batch.spans.contains { $0.spanID == span.parentID && $0.traceID == span.traceID })
      }
      #expect(batch.spans.allSatisfy { $0.start <= $0.end })
    }
    #expect(first.spans.count { $0.parentID.isZero } == second.spans.count { $0.parentID.isZero })
  }

  @Test func `spans end now`() throws {
    let corpus = try LoadCorpus(requests(8), seed: 1, lentCountMax: 1)
    let before = Date().timeIntervalSince1970
    let end = try scan(body(corpus.take())).spans.map(\.end.nanoseconds).max() ?? 0
    #expect(abs(Double(end) / 1e9 - before) < 60)
  }

  @Test func `where more are lent than there are requests, copies go out with other ids`() throws {
    let corpus = try LoadCorpus(Array(requests(8).prefix(2)), seed: 1, lentCountMax: 5)
    var seen: Set<TraceID> = []
    for _ in 0..<4 {
      let lent = (0..<5).map { _ in corpus.take() }
      for one in lent {
        let ids = Set(try scan(body(one)).spans.map(\.traceID))
        #expect(seen.isDisjoint(with: ids))
        seen.formUnion(ids)
        corpus.giveBack(one)
      }
    }
  }

  @Test func `a trace that is spread over the requests of a file stays one in each round`() throws {
    let traceID = [UInt8](repeating: 7, count: 16)
    let requests = [1, 2].map { SpanRequest(traceID: traceID, spanID: $0).bytes }
    let corpus = try LoadCorpus(requests, seed: 3, lentCountMax: 2)
    var rounds: Set<TraceID> = []
    for _ in 0..<3 {
      let lent = [corpus.take(), corpus.take()]
      let ids = try lent.map { try scan(body($0)).spans[0].traceID }
      #expect(ids[0] == ids[1])
      rounds.insert(ids[0])
      for one in lent { corpus.giveBack(one) }
    }
    #expect(rounds.count == 3)
  }

  @Test func `links point at the new ids, and events happen at the new time`() throws {
    let request = SpanRequest(traceID: [UInt8](repeating: 7, count: 16), spanID: 5)
    let corpus = try LoadCorpus([request.bytes], seed: 3, lentCountMax: 1)
    let lent = corpus.take()
    let span = try scan(body(lent)).spans[0]
    let (linked, event) = try SpanRequest.linkAndEvent(of: span, in: body(lent))
    #expect(
      linked == span.traceID && linked != TraceID(high: 0x0707_0707_0707_0707, low: 0x0707_0707_0707_0707))
    #expect(event == span.end.nanoseconds)
  }

  @Test func `a recording is replayed with all its spans`() throws {
    let requests = try CorpusSource.file(SpanlogProcess.sample).requests(seed: 1)
    let corpus = try LoadCorpus(requests, seed: 1, lentCountMax: 1)
    #expect(requests.count == 5 && corpus.spanCount == 30)
    var seen: Set<TraceID> = []
    for _ in 0..<2 {
      var round: Set<TraceID> = []
      for _ in requests {
        let lent = corpus.take()
        let batch = try scan(body(lent))
        #expect(batch.rejectedSpanCount == 0)
        round.formUnion(batch.spans.map(\.traceID))
        corpus.giveBack(lent)
      }
      #expect(seen.isDisjoint(with: round))
      seen.formUnion(round)
    }
  }
}

/// A request with one span, which links to its own trace and has one event at its end.
private struct SpanRequest {
  let bytes: [UInt8]

  init(traceID: [UInt8], spanID: UInt8) {
    let end: UInt64 = 1_600_000_000_000_000_000
    var event = ProtobufWriter()
    event.writeFixed64(end, field: 1)
    var link = ProtobufWriter()
    link.writeBytes(traceID, field: 1)
    var span = ProtobufWriter()
    span.writeBytes(traceID, field: 1)
    span.writeBytes([0, 0, 0, 0, 0, 0, 0, spanID], field: 2)
    span.writeFixed64(end - 1, field: 7)
    span.writeFixed64(end, field: 8)
    span.writeBytes(event.bytes, field: 11)
    span.writeBytes(link.bytes, field: 13)
    var message = span.bytes
    for field: UInt32 in [2, 2, 1] {
      var writer = ProtobufWriter()
      writer.writeBytes(message, field: field)
      message = writer.bytes
    }
    bytes = message
  }

  static func linkAndEvent(of span: SpanEntry, in request: [UInt8]) throws -> (TraceID, UInt64) {
    try request.withUnsafeBytes { try linkAndEvent(of: span, at: $0) }
  }

  private static func linkAndEvent(of span: SpanEntry, at request: UnsafeRawBufferPointer) throws -> (
    TraceID, UInt64
  ) {
    let start = Int(span.slice.position)
    let end = start + Int(span.slice.byteCount)
    var cursor = ProtobufCursor(UnsafeRawBufferPointer(rebasing: request[start..<end]))
    var traceID = TraceID.zero
    var time: UInt64 = 0
    while !cursor.isAtEnd {
      let tag = try cursor.readTag()
      guard tag.number == 11 || tag.number == 13 else {
        try cursor.skipValue(of: tag)
        continue
      }
      var message = try cursor.readMessage()
      _ = try message.readTag()
      if tag.number == 11 {
        time = try message.readFixed64()
      } else {
        let hex = try message.readBytes().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        traceID = TraceID(hex.joined()) ?? .zero
      }
    }
    return (traceID, time)
  }
}
