/// The messages of OTLP's trace data and the names their fields have in OTLP/JSON.
///
/// Numbers: `common.proto`, `resource.proto` and `trace.proto` of
/// <https://github.com/open-telemetry/opentelemetry-proto>. A field that is not listed is neither
/// rendered nor read.
package enum OTLPMessage: Int, CaseIterable, Sendable {
  case tracesData, resourceSpans, resource, entityReference, scopeSpans, scope
  case span, event, link, status, keyValue, anyValue, arrayValue, keyValueList

  package var fields: [OTLPField] { Self.fieldTables[rawValue] }

  // Once for all messages: a computed table would be made anew for each message rendered.
  private static let fieldTables = allCases.map(\.fieldTable)

  private var fieldTable: [OTLPField] {
    switch self {
    case .tracesData: [.list(1, "resourceSpans", .resourceSpans)]
    case .resourceSpans:
      [.one(1, "resource", .resource), .text(3, "schemaUrl"), .list(2, "scopeSpans", .scopeSpans)]
    case .resource:
      [
        .list(1, "attributes", .keyValue), .uint32(2, "droppedAttributesCount"),
        .list(3, "entityRefs", .entityReference),
      ]
    case .entityReference:
      [.text(1, "schemaUrl"), .text(2, "type"), .texts(3, "idKeys"), .texts(4, "descriptionKeys")]
    case .scopeSpans: [.one(1, "scope", .scope), .text(3, "schemaUrl"), .list(2, "spans", .span)]
    case .scope:
      [
        .text(1, "name"), .text(2, "version"), .list(3, "attributes", .keyValue),
        .uint32(4, "droppedAttributesCount"),
      ]
    case .span: Self.spanFields
    case .event:
      [
        .fixed64(1, "timeUnixNano"), .text(2, "name"), .list(3, "attributes", .keyValue),
        .uint32(4, "droppedAttributesCount"),
      ]
    case .link:
      [
        .hex(1, "traceId"), .hex(2, "spanId"), .text(3, "traceState"), .list(4, "attributes", .keyValue),
        .uint32(5, "droppedAttributesCount"), .fixed32(6, "flags"),
      ]
    case .status: [.text(2, "message"), .enumeration(3, "code", Self.statusNames)]
    case .keyValue: [.text(1, "key"), .one(2, "value", .anyValue)]
    case .anyValue:
      [
        .choice(1, "stringValue", .text), .choice(2, "boolValue", .bool), .choice(3, "intValue", .int64),
        .choice(4, "doubleValue", .double), .choice(5, "arrayValue", .message(.arrayValue)),
        .choice(6, "kvlistValue", .message(.keyValueList)), .choice(7, "bytesValue", .bytes),
      ]
    case .arrayValue: [.list(1, "values", .anyValue)]
    case .keyValueList: [.list(1, "values", .keyValue)]
    }
  }

  private static let statusNames = ["UNSET", "OK", "ERROR"].map { "STATUS_CODE_\($0)" }
  private static let kindNames = [
    "UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER",
  ].map { "SPAN_KIND_\($0)" }

  private static var spanFields: [OTLPField] {
    [
      .hex(1, "traceId"), .hex(2, "spanId"), .text(3, "traceState"), .hex(4, "parentSpanId"),
      .fixed32(16, "flags"), .text(5, "name"), .enumeration(6, "kind", kindNames),
      .fixed64(7, "startTimeUnixNano"),
      .fixed64(8, "endTimeUnixNano"), .list(9, "attributes", .keyValue),
      .uint32(10, "droppedAttributesCount"), .list(11, "events", .event), .uint32(12, "droppedEventsCount"),
      .list(13, "links", .link), .uint32(14, "droppedLinksCount"), .one(15, "status", .status),
    ]
  }
}
