import SpanWire

/// Finds the attribute `service.name` of a resource.
package enum ServiceName {
  /// - Parameter fields: fields of a `ResourceSpans`, `resource` perhaps among them.
  /// - Returns: `nil` when there is none, or when the bytes before it are no protobuf.
  package static func find(inResourceSpans fields: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    for resource in ProtobufFields(fields, OTLPTag.resource) {
      for attribute in ProtobufFields(resource, OTLPTag.resourceAttribute) {
        guard ProtobufFields(attribute, OTLPTag.attributeKey).last.map(isServiceName) == true,
          let value = ProtobufFields(attribute, OTLPTag.attributeValue).last
        else { continue }
        return ProtobufFields(value, OTLPTag.stringValue).last
      }
    }
    return nil
  }

  private static func isServiceName(_ key: UnsafeRawBufferPointer) -> Bool {
    key.elementsEqual("service.name".utf8)
  }
}
