import Foundation
import SpanModel
import SpanProto
import SpanQuery
import SwiftProtobuf

typealias ResourceSpans = Opentelemetry_Proto_Trace_V1_ResourceSpans
typealias ScopeSpans = Opentelemetry_Proto_Trace_V1_ScopeSpans
typealias ProtoSpan = Opentelemetry_Proto_Trace_V1_Span
typealias KeyValue = Opentelemetry_Proto_Common_V1_KeyValue
typealias AnyValue = Opentelemetry_Proto_Common_V1_AnyValue

/// A span and its envelopes as bytes.
struct SpanSample: Sendable {
  var span: [UInt8] = []
  var resource: [UInt8] = []
  var scope: [UInt8] = []

  func matches(_ predicate: SpanPredicate) -> Bool { withSpan { predicate.matches($0) } }

  func withSpan<Result>(_ body: (WireSpan) -> Result) -> Result {
    span.withUnsafeBytes { span in
      resource.withUnsafeBytes { resource in
        scope.withUnsafeBytes { scope in body(WireSpan(span: span, resource: resource, scope: scope)) }
      }
    }
  }
}

extension SpanSample {
  /// - Parameters:
  ///   - resource: fields of a `ResourceSpans`; scope spans in it are left out.
  ///   - scope: fields of a `ScopeSpans`, likewise.
  init(_ span: ProtoSpan, resource: ResourceSpans = ResourceSpans(), scope: ScopeSpans = ScopeSpans()) throws
  {
    self.span = try span.serializedBytes()
    self.resource = try resource.serializedBytes()
    self.scope = try scope.serializedBytes()
  }
}

extension AnyValue {
  static func text(_ text: String) -> AnyValue { .with { $0.stringValue = text } }
  static func int(_ number: Int64) -> AnyValue { .with { $0.intValue = number } }
  static func double(_ number: Double) -> AnyValue { .with { $0.doubleValue = number } }
  static func bool(_ isTrue: Bool) -> AnyValue { .with { $0.boolValue = isTrue } }
}

extension KeyValue {
  static func pair(_ key: String, _ value: AnyValue) -> KeyValue {
    .with {
      $0.key = key
      $0.value = value
    }
  }
}

extension Data {
  init(_ traceID: TraceID) {
    self.init(
      [traceID.high, traceID.low].flatMap { half in
        Swift.withUnsafeBytes(of: half.bigEndian) { Array($0) }
      })
  }
}
