/// A field of an OTLP message: how it is encoded, and its name in JSON.
package struct OTLPField: Sendable {
  package enum Kind: Sendable {
    case text, hex, bytes, bool, uint32, int64, fixed32, fixed64, double
    /// The names of its numbers, from 0 on.
    case enumeration([String])
    case message(OTLPMessage)

    package var wireType: ProtobufTag.WireType {
      switch self {
      case .text, .hex, .bytes, .message: .bytes
      case .bool, .enumeration, .uint32, .int64: .varint
      case .fixed32: .fixed32
      case .fixed64, .double: .fixed64
      }
    }
  }

  package let tag: ProtobufTag
  package let kind: Kind
  package let isList: Bool
  /// One of several of which a message holds the last that came; written even when zero or empty.
  package let isChoice: Bool
  package let name: [UInt8]
  /// `"name":`
  package let key: [UInt8]

  private init(_ number: UInt32, _ name: String, _ kind: Kind, isList: Bool = false, isChoice: Bool = false) {
    tag = ProtobufTag(number, kind.wireType)
    self.kind = kind
    self.isList = isList
    self.isChoice = isChoice
    self.name = Array(name.utf8)
    key = Array("\"\(name)\":".utf8)
  }

  static func text(_ number: UInt32, _ name: String) -> Self { Self(number, name, .text) }
  static func texts(_ number: UInt32, _ name: String) -> Self { Self(number, name, .text, isList: true) }
  static func hex(_ number: UInt32, _ name: String) -> Self { Self(number, name, .hex) }
  static func enumeration(_ number: UInt32, _ name: String, _ names: [String]) -> Self {
    Self(number, name, .enumeration(names))
  }

  static func uint32(_ number: UInt32, _ name: String) -> Self { Self(number, name, .uint32) }
  static func fixed32(_ number: UInt32, _ name: String) -> Self { Self(number, name, .fixed32) }
  static func fixed64(_ number: UInt32, _ name: String) -> Self { Self(number, name, .fixed64) }

  static func one(_ number: UInt32, _ name: String, _ message: OTLPMessage) -> Self {
    Self(number, name, .message(message))
  }

  static func list(_ number: UInt32, _ name: String, _ message: OTLPMessage) -> Self {
    Self(number, name, .message(message), isList: true)
  }

  static func choice(_ number: UInt32, _ name: String, _ kind: Kind) -> Self {
    Self(number, name, kind, isChoice: true)
  }
}
