import Foundation
import SpanModel
import SpanProto
import SpanQuery
import SpanTestKit
import SpanWire
import SwiftProtobuf

/// Predicates and spans from few words and numbers, so that they often have something to do with one another.
struct RandomPredicates {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private static let texts = ["", "a", "b", "ab", "é", "service.name", "500"]
  private static let ints: [Int64] = [.min, -1, 0, 1, 500, .max]
  private static let doubles = [-1.5, -0.0, 0.5, 1, 500, 0x1p63, .infinity, .nan]
  private static let times: [UInt64] = [0, 1, 1_000, 1_001, .max]
  private static let traceIDs = (0..<4 as Range<UInt64>).map { TraceID(high: $0 / 2, low: $0 % 2) }

  mutating func predicate(depth: Int = 3) -> SpanPredicate {
    switch Int.random(in: 0..<(depth > 0 ? 14 : 9), using: &random) {
    case 0: .duration(pick(Comparison.allCases), nanoseconds: pick(Self.times))
    case 1: .isError
    case 2: .service(pick(Self.texts))
    case 3: .name(pick(Self.texts))
    case 4: .kind(pick(SpanKind.allCases))
    case 5: .trace(pick(Self.traceIDs))
    case 6: .sampled(SampleShare(billionths: UInt64.random(in: 0...SampleShare.whole, using: &random)))
    case 7: .hasAttribute(places(), key: pick(Self.texts))
    case 8: .attribute(places(), key: pick(Self.texts), pick(Comparison.allCases), value())
    case 9, 10: .and((0..<random.next() % 4).map { _ in predicate(depth: depth - 1) })
    case 11, 12: .or((0..<random.next() % 4).map { _ in predicate(depth: depth - 1) })
    default: .not(predicate(depth: depth - 1))
    }
  }

  private mutating func value() -> AttributeValue {
    switch random.next() % 4 {
    case 0: .string(pick(Self.texts))
    case 1: .int(pick(Self.ints))
    case 2: .double(pick(Self.doubles))
    default: .bool(random.once(in: 2))
    }
  }

  private mutating func places() -> AttributePlaces {
    AttributePlaces(rawValue: UInt8.random(in: 0...7, using: &random))
  }

  /// Whole messages, now and then two behind one another: a message that comes in pieces.
  mutating func sample() throws -> SpanSample {
    var sample = SpanSample()
    repeat { sample.span += try span().serializedBytes() + mergedAttribute() } while random.once(in: 4)
    repeat {
      let resource = ResourceSpans.with {
        $0.resource.attributes = attributes()
        $0.schemaURL = pick(Self.texts)
      }
      sample.resource += try resource.serializedBytes()
    } while random.once(in: 4)
    repeat {
      let scope = ScopeSpans.with {
        if random.once(in: 2) { $0.scope.attributes = attributes() }
        $0.schemaURL = pick(Self.texts)
      }
      sample.scope += try scope.serializedBytes()
    } while random.once(in: 4)
    return sample
  }

  private mutating func span() -> ProtoSpan {
    .with {
      $0.traceID = random.once(in: 20) ? Data([1]) : Data(pick(Self.traceIDs))
      $0.name = pick(Self.texts)
      $0.kind = ProtoSpan.SpanKind(rawValue: Int.random(in: -1...6, using: &random)) ?? .unspecified
      $0.startTimeUnixNano = pick(Self.times)
      $0.endTimeUnixNano = pick(Self.times)
      $0.attributes = attributes()
      if random.once(in: 2) { $0.status.message = pick(Self.texts) }
      if random.once(in: 2) { $0.status.code = random.once(in: 2) ? .error : .ok }
    }
  }

  /// An attribute whose key and value come several times over.
  private mutating func mergedAttribute() throws -> [UInt8] {
    guard random.once(in: 3) else { return [] }
    var writer = ProtobufWriter()
    writer.writeBytes(try attributes().flatMap { try $0.serializedBytes() as [UInt8] }, field: 9)
    return writer.bytes
  }

  private mutating func attributes() -> [KeyValue] {
    (0..<random.next() % 4).map { _ in .pair(pick(Self.texts), anyValue()) }
  }

  private mutating func anyValue() -> AnyValue {
    switch random.next() % 8 {
    case 0: AnyValue()
    case 1: .with { $0.arrayValue.values = [.text(pick(Self.texts))] }
    case 2: .with { $0.kvlistValue.values = [.pair(pick(Self.texts), .int(pick(Self.ints)))] }
    case 3: .with { $0.bytesValue = Data([97]) }
    case 4: .text(pick(Self.texts))
    case 5: .int(pick(Self.ints))
    case 6: .double(pick(Self.doubles))
    default: .bool(random.once(in: 2))
    }
  }

  private mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }
}
