/// The envelopes of a segment, each once, by number.
struct EnvelopeTable {
  struct Scope: Hashable {
    let resource: UInt32
    let bytes: [UInt8]
  }

  private(set) var resources: [[UInt8]] = []
  private(set) var scopes: [Scope] = []
  private var resourceNumbers: [[UInt8]: UInt32] = [:]
  private var scopeNumbers: [Scope: UInt32] = [:]

  mutating func resource(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let bytes = [UInt8](bytes)
    if let known = resourceNumbers[bytes] { return known }
    let number = UInt32(resources.count)
    resources.append(bytes)
    resourceNumbers[bytes] = number
    return number
  }

  mutating func scope(_ bytes: UnsafeRawBufferPointer, resource: UInt32) -> UInt32 {
    let scope = Scope(resource: resource, bytes: [UInt8](bytes))
    if let known = scopeNumbers[scope] { return known }
    let number = UInt32(scopes.count)
    scopes.append(scope)
    scopeNumbers[scope] = number
    return number
  }
}
