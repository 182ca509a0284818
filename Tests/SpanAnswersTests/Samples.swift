import Foundation
import SpanModel
import SpanProto
import SwiftProtobuf

typealias TracesData = Opentelemetry_Proto_Trace_V1_TracesData
typealias ResourceSpans = Opentelemetry_Proto_Trace_V1_ResourceSpans
typealias ScopeSpans = Opentelemetry_Proto_Trace_V1_ScopeSpans
typealias ProtoSpan = Opentelemetry_Proto_Trace_V1_Span
typealias KeyValue = Opentelemetry_Proto_Common_V1_KeyValue
typealias AnyValue = Opentelemetry_Proto_Common_V1_AnyValue

let sampleTraceID = TraceID(high: 0x5b8e_fff7_9803_8103, low: 0xd269_b633_813f_c60c)

/// 2018-12-13 14:51:00 UTC.
let second: UInt64 = 1_544_712_660

extension AnyValue {
  static func text(_ text: String) -> AnyValue { AnyValue.with { $0.stringValue = text } }
}

extension KeyValue {
  static func pair(_ key: String, _ value: AnyValue) -> KeyValue {
    KeyValue.with {
      $0.key = key
      $0.value = value
    }
  }
}

extension ResourceSpans {
  static func of(service: String, _ spans: [ProtoSpan]) -> ResourceSpans {
    ResourceSpans.with {
      $0.resource.attributes = [.pair("host", .text("a")), .pair("service.name", .text(service))]
      $0.scopeSpans = [ScopeSpans.with { $0.spans = spans }]
    }
  }
}

extension ProtoSpan {
  /// A span of the sample trace; times are milliseconds from `second`.
  static func of(
    _ id: UInt64, under parent: UInt64 = 0, _ name: String = "work", kind: SpanKind = .internal,
    from start: Double = 0, to end: Double = 1
  ) -> ProtoSpan {
    ProtoSpan.with {
      $0.traceID = Data(bigEndian: sampleTraceID.high) + Data(bigEndian: sampleTraceID.low)
      $0.spanID = Data(bigEndian: id)
      if parent != 0 { $0.parentSpanID = Data(bigEndian: parent) }
      $0.name = name
      $0.kind = kind
      $0.startTimeUnixNano = second * 1_000_000_000 + UInt64(start * 1e6)
      $0.endTimeUnixNano = second * 1_000_000_000 + UInt64(end * 1e6)
    }
  }

  func changed(_ change: (inout ProtoSpan) -> Void) -> ProtoSpan {
    var copy = self
    change(&copy)
    return copy
  }
}

extension Data {
  init(bigEndian number: UInt64) {
    self.init(Swift.withUnsafeBytes(of: number.bigEndian) { Array($0) })
  }
}
