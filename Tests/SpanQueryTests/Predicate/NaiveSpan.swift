import Foundation
import SpanModel
import SpanProto
import SpanQuery
import SwiftProtobuf

/// A span as swift-protobuf sees it, and what is true of it, put as plainly as can be.
struct NaiveSpan {
  private let span: ProtoSpan
  private let resource: ResourceSpans
  private let scope: ScopeSpans

  /// - Returns: `nil` when swift-protobuf refuses the bytes.
  init?(_ sample: SpanSample) {
    guard let span = try? ProtoSpan(serializedBytes: sample.span),
      let resource = try? ResourceSpans(serializedBytes: sample.resource),
      let scope = try? ScopeSpans(serializedBytes: sample.scope)
    else { return nil }
    self.span = span
    self.resource = resource
    self.scope = scope
  }

  var traceID: TraceID {
    let digits = span.traceID.map { hexDigits(of: UInt64($0)).suffix(2) }.joined()
    return span.traceID.count == 16 ? TraceID(digits)! : .zero
  }

  private func attributes(_ places: AttributePlaces) -> [KeyValue] {
    (places.contains(.span) ? span.attributes : [])
      + (places.contains(.resource) ? resource.resource.attributes : [])
      + (places.contains(.scope) ? scope.scope.attributes : [])
  }

  func satisfies(_ predicate: SpanPredicate) -> Bool {
    switch predicate {
    case .and(let parts): return !parts.map(satisfies).contains(false)
    case .or(let parts): return parts.map(satisfies).contains(true)
    case .not(let part): return !satisfies(part)
    case .duration(let comparison, let nanoseconds):
      let (start, end) = (UInt128(span.startTimeUnixNano), UInt128(span.endTimeUnixNano))
      return compare(end < start ? 0 : end - start, comparison, UInt128(nanoseconds))
    case .isError: return span.status.code == .error
    case .service(let name):
      return resource.resource.attributes.contains {
        $0.key == "service.name" && $0.value.value == .stringValue(name)
      }
    case .name(let name): return span.name == name
    case .kind(let kind): return span.kind.rawValue == Int(kind.rawValue)
    case .trace(let asked): return traceID == asked
    case .sampled(let share):
      return UInt128(SampleShare.hash(of: traceID)) * UInt128(SampleShare.whole)
        < UInt128(share.billionths) << 64
    case .hasAttribute(let places, let key): return attributes(places).contains { $0.key == key }
    case .attribute(let places, let key, let comparison, let value):
      return attributes(places).contains { $0.key == key && compare($0.value, comparison, value) }
    }
  }

  private func compare(_ found: AnyValue, _ comparison: Comparison, _ asked: AttributeValue) -> Bool {
    switch (found.value, asked) {
    case (.stringValue(let found)?, .string(let asked)):
      compare([UInt8](found.utf8), comparison, [UInt8](asked.utf8))
    case (.boolValue(let found)?, .bool(let asked)): compare(found ? 1 : 0, comparison, asked ? 1 : 0)
    case (.intValue(let found)?, .int(let asked)): compare(found, comparison, asked)
    case (.doubleValue(let found)?, .double(let asked)): compare(found, comparison, asked)
    // Of the numbers the tests are made of none but the largest is rounded, and that is below 2^63.
    case (.intValue(let found)?, .double(let asked)):
      compare(found == .max ? 0x1.fffffffffffffp62 : Double(found), comparison, asked)
    case (.doubleValue(let found)?, .int(let asked)):
      compare(found, comparison, asked == .max ? 0x1.fffffffffffffp62 : Double(asked))
    default: false
    }
  }

  private func compare<Value: Comparable>(_ found: Value, _ comparison: Comparison, _ asked: Value) -> Bool {
    comparison.rawValue.contains("=") && found == asked || comparison.rawValue.contains("<") && found < asked
      || comparison.rawValue.contains(">") && found > asked
  }

  private func compare(_ found: [UInt8], _ comparison: Comparison, _ asked: [UInt8]) -> Bool {
    comparison.rawValue.contains("=") && found == asked
      || comparison.rawValue.contains("<") && found.lexicographicallyPrecedes(asked)
      || comparison.rawValue.contains(">") && asked.lexicographicallyPrecedes(found)
  }
}
