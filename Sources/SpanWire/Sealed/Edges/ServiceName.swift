/// The name of the service that a resource is of.
package enum ServiceName {
  private static let key = "service.name"

  /// The first text that the resource gives its `service.name`.
  ///
  /// - Parameter resource: an envelope; any bytes will do.
  package static func bytes(in resource: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    for message in ProtobufFields(resource, OTLPTag.resource) {
      for bytes in ProtobufFields(message, OTLPTag.resourceAttribute) {
        let attribute = WireAttribute(bytes)
        if attribute.hasKey(key), case .string(let name) = attribute.value { return name }
      }
    }
    return nil
  }
}
