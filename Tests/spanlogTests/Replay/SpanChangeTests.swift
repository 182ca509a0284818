import SpanModel
import SpanTestKit
import SpanWire
import Testing

@testable import spanlog

struct SpanChangeTests {
  private let mask = IDMask(traceHigh: 0xff, traceLow: 0xf0, span: 0x0f)

  /// A span with a parent, events, links and a field that nobody knows, whose ids and times are these.
  private static func span(trace: (UInt64, UInt64), id: UInt64, parent: UInt64, times: [UInt64]) -> [UInt8] {
    var event = ProtobufWriter()
    event.writeString("e", field: 2)
    event.writeFixed64(times[2], field: 1)
    var link = ProtobufWriter()
    link.writeBytes(SampleSpan.bytes(trace.0) + SampleSpan.bytes(trace.1), field: 1)
    link.writeBytes(SampleSpan.bytes(parent), field: 2)
    link.writeFixed64(times[0], field: 99)
    var span = ProtobufWriter()
    span.writeFixed64(times[1], field: 8)
    span.writeBytes(event.bytes, field: 11)
    span.writeBytes(SampleSpan.bytes(trace.0) + SampleSpan.bytes(trace.1), field: 1)
    span.writeBytes(SampleSpan.bytes(parent), field: 4)
    span.writeBytes([1, 2, 3], field: 4)
    span.writeBytes(SampleSpan.bytes(parent), field: 4)
    span.writeBytes(link.bytes, field: 13)
    span.writeBytes(SampleSpan.bytes(id), field: 2)
    span.writeBytes(SampleSpan.bytes(id), field: 9)
    span.writeFixed64(times[0], field: 7)
    return span.bytes
  }

  private func changed(_ span: [UInt8], _ change: SpanChange) throws -> [UInt8] {
    var scope = ProtobufWriter()
    scope.writeBytes(span, field: 2)
    var resource = ProtobufWriter()
    resource.writeBytes(scope.bytes, field: 2)
    var request = ProtobufWriter()
    request.writeBytes(resource.bytes, field: 1)
    change.apply(to: &request.bytes, spans: try spans(in: request.bytes))
    return Array(request.bytes.suffix(span.count))
  }

  @Test func `fresh ids change ids, parents and links alike, and nothing else`() throws {
    let before = Self.span(trace: (1, 2), id: 3, parent: 4, times: [5, 6, 7])
    var after = Self.span(trace: (1 ^ 0xff, 2 ^ 0xf0), id: 3 ^ 0x0f, parent: 4 ^ 0x0f, times: [5, 6, 7])
    // The attribute that looks like an id is none.
    let attribute: [UInt8] = [0x4a, 8] + SampleSpan.bytes(3 ^ 0x0f)
    after.replace(attribute, with: [0x4a, 8] + SampleSpan.bytes(3))
    #expect(try changed(before, SpanChange(mask: mask)) == after)
    #expect(try changed(after, SpanChange(mask: mask)) == before)
  }

  @Test func `ids of zeroes stay: they mean that there is none`() throws {
    let before = Self.span(trace: (1, 2), id: 3, parent: 0, times: [5, 6, 7])
    let after = try changed(before, SpanChange(mask: mask))
    #expect(
      after.contains([0x22, 8] + SampleSpan.bytes(0)) && !after.contains([0x22, 8] + SampleSpan.bytes(0x0f)))
  }

  @Test(
    arguments: [
      (10, [5, 6, 7], [15, 16, 17]), (-4, [5, 6, 7], [1, 2, 3]), (-100, [5, 0, 200], [1, 0, 100]),
      (.max, [5, .max - 1, 7], [UInt64(Int64.max) + 5, .max, UInt64(Int64.max) + 7]),
      (0, [5, 6, 7], [5, 6, 7]),
    ] as [(Int64, [UInt64], [UInt64])])
  func `a shift moves starts, ends and events, those that are set, within their range`(
    shift: Int64, times: [UInt64], moved: [UInt64]
  ) throws {
    let before = Self.span(trace: (1, 2), id: 3, parent: 4, times: times)
    var after = Self.span(trace: (1, 2), id: 3, parent: 4, times: moved)
    // The unknown field of the link is no time.
    func unknown(_ number: UInt64) -> [UInt8] {
      var writer = ProtobufWriter()
      writer.writeFixed64(number, field: 99)
      return writer.bytes
    }
    after.replace(unknown(moved[0]), with: unknown(times[0]))
    #expect(try changed(before, SpanChange(shift: shift)) == after)
  }

  @Test func `whatever events and links hold, no byte outside of ids and times changes`() throws {
    var random = SeededRandom(seed: 8)
    let before = Self.span(trace: (1, 2), id: 3, parent: 4, times: [5, 6, 7])
    let change = SpanChange(shift: 1, mask: mask)
    for _ in 0..<20_000 {
      var mutant = before
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        mutant[Int.random(in: 0..<mutant.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let after = try? changed(mutant, change) else { continue }
      #expect(after.count == mutant.count)
      // The mask undoes itself, and so does the opposite shift where nothing is clamped.
      let back = try changed(try changed(mutant, SpanChange(mask: mask)), SpanChange(mask: mask))
      #expect(back == mutant)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func replace(_ part: [UInt8], with other: [UInt8]) {
    guard let range = firstRange(of: part) else { return }
    replaceSubrange(range, with: other)
  }
}
