/// What stands in front of every protobuf field: its number and how its value is written.
package struct ProtobufTag: RawRepresentable, Equatable, Sendable {
  package enum WireType: UInt8, Sendable {
    case varint = 0
    case fixed64 = 1
    case bytes = 2
    case groupStart = 3
    case groupEnd = 4
    case fixed32 = 5
  }

  /// A tag is a varint of 32 bits.
  package static let byteCountMax = 5

  /// `number << 3 | wireType`, as on the wire.
  package let rawValue: UInt32

  /// - Precondition: the low three bits are a wire type.
  @inline(__always)
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  @inline(__always)
  package init(_ number: UInt32, _ wireType: WireType) {
    self.init(rawValue: number &<< 3 | UInt32(wireType.rawValue))
  }

  @inline(__always)
  package var number: UInt32 { rawValue &>> 3 }

  @inline(__always)
  package var wireType: WireType {
    switch rawValue & 7 {
    case 0: .varint
    case 1: .fixed64
    case 2: .bytes
    case 3: .groupStart
    case 4: .groupEnd
    default: .fixed32
    }
  }
}
