internal import Foundation
package import SpanProto
internal import SwiftProtobuf

private typealias ResourceSpans = Opentelemetry_Proto_Trace_V1_ResourceSpans
private typealias ScopeSpans = Opentelemetry_Proto_Trace_V1_ScopeSpans
private typealias ProtoSpan = Opentelemetry_Proto_Trace_V1_Span
private typealias KeyValue = Opentelemetry_Proto_Common_V1_KeyValue
private typealias AnyValue = Opentelemetry_Proto_Common_V1_AnyValue

/// Trace data with every field set at times, the same for the same seed.
package struct RandomTraces {
  private var generator: SeededRandom

  package init(seed: UInt64) { generator = SeededRandom(seed: seed) }

  package mutating func tracesData() -> Opentelemetry_Proto_Trace_V1_TracesData {
    .with { data in
      data.resourceSpans = list { random in
        ResourceSpans.with {
          if random.flip() { $0.resource = random.resource() }
          $0.schemaURL = random.text()
          $0.scopeSpans = random.list { $0.scopeSpans() }
        }
      }
    }
  }

  private mutating func resource() -> Opentelemetry_Proto_Resource_V1_Resource {
    .with {
      $0.attributes = attributes()
      $0.droppedAttributesCount = number32()
    }
  }

  private mutating func scopeSpans() -> ScopeSpans {
    ScopeSpans.with {
      if flip() {
        $0.scope.name = text()
        $0.scope.version = text()
        $0.scope.attributes = attributes()
        $0.scope.droppedAttributesCount = number32()
      }
      $0.schemaURL = text()
      $0.spans = list { $0.span() }
    }
  }

  private mutating func span() -> ProtoSpan {
    ProtoSpan.with {
      $0.traceID = bytes()
      $0.spanID = bytes()
      $0.traceState = text()
      $0.parentSpanID = bytes()
      $0.flags = number32()
      $0.name = text()
      $0.kind = ProtoSpan.SpanKind(rawValue: Int(generator.next() % 6)) ?? .unspecified
      $0.startTimeUnixNano = number64()
      $0.endTimeUnixNano = number64()
      $0.attributes = attributes()
      $0.droppedAttributesCount = number32()
      $0.events = list { random in
        ProtoSpan.Event.with {
          $0.timeUnixNano = random.number64()
          $0.name = random.text()
          $0.attributes = random.attributes()
          $0.droppedAttributesCount = random.number32()
        }
      }
      $0.droppedEventsCount = number32()
      $0.links = list { random in
        ProtoSpan.Link.with {
          $0.traceID = random.bytes()
          $0.spanID = random.bytes()
          $0.traceState = random.text()
          $0.attributes = random.attributes()
          $0.droppedAttributesCount = random.number32()
          $0.flags = random.number32()
        }
      }
      $0.droppedLinksCount = number32()
      if flip() {
        $0.status.message = text()
        $0.status.code = flip() ? .error : .ok
      }
    }
  }

  private mutating func attributes() -> [KeyValue] {
    list { random in random.pair(depth: 0) }
  }

  private mutating func pair(depth: Int) -> KeyValue {
    KeyValue.with {
      $0.key = text()
      $0.value = value(depth: depth)
    }
  }

  private mutating func value(depth: Int) -> AnyValue {
    AnyValue.with {
      switch generator.next() % (depth < 3 ? 8 : 6) {
      case 0: break
      case 1: $0.stringValue = text()
      case 2: $0.boolValue = flip()
      case 3: $0.intValue = Int64(bitPattern: number64())
      case 4: $0.doubleValue = Double(number64()) / 1000
      case 5: $0.bytesValue = bytes()
      case 6: $0.arrayValue.values = list { $0.value(depth: depth + 1) }
      default:
        $0.kvlistValue.values = list { $0.pair(depth: depth + 1) }
      }
    }
  }

  private mutating func list<Element>(_ element: (inout RandomTraces) -> Element) -> [Element] {
    (0..<generator.next() % 3).map { _ in element(&self) }
  }

  private mutating func text() -> String {
    String((0..<generator.next() % 4).map { _ in "aé\n\"\\\u{1}😀\u{85}".randomElement(using: &generator)! })
  }

  private mutating func bytes() -> Data {
    Data((0..<generator.next() % 10).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
  }

  private mutating func flip() -> Bool { generator.next() % 2 == 0 }
  private mutating func number32() -> UInt32 { UInt32(truncatingIfNeeded: number64()) }
  private mutating func number64() -> UInt64 { flip() ? 0 : generator.next() >> (generator.next() % 64) }
}
