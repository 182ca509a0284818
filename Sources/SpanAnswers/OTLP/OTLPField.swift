import SpanWire

/// A field of an OTLP message: how it is read and how it is written in JSON.
struct OTLPField {
  enum Kind {
    case text, hex, bytes, bool, enumeration, uint32, int64, fixed32, fixed64, double
    case message(OTLPMessage)

    var wireType: ProtobufTag.WireType {
      switch self {
      case .text, .hex, .bytes, .message: .bytes
      case .bool, .enumeration, .uint32, .int64: .varint
      case .fixed32: .fixed32
      case .fixed64, .double: .fixed64
      }
    }
  }

  let tag: ProtobufTag
  let kind: Kind
  let isList: Bool
  /// One of several of which a message holds the last that came; written even when zero or empty.
  let isChoice: Bool
  /// `"name":`
  let key: [UInt8]

  private init(_ number: UInt32, _ name: String, _ kind: Kind, isList: Bool = false, isChoice: Bool = false) {
    tag = ProtobufTag(number, kind.wireType)
    self.kind = kind
    self.isList = isList
    self.isChoice = isChoice
    key = Array("\"\(name)\":".utf8)
  }

  static func text(_ number: UInt32, _ name: String) -> Self { Self(number, name, .text) }
  static func texts(_ number: UInt32, _ name: String) -> Self { Self(number, name, .text, isList: true) }
  static func hex(_ number: UInt32, _ name: String) -> Self { Self(number, name, .hex) }
  static func enumeration(_ number: UInt32, _ name: String) -> Self { Self(number, name, .enumeration) }
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
