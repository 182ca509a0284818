/// What is wrong with bytes that should be part of a file of ours. Who reads the file adds its name and
/// the position.
package enum FormatError: Error, Equatable, Sendable {
  case tooShort(byteCount: Int, needed: Int)
  case magic(found: UInt64)
  case version(found: Int, newest: Int)
  case checksum(computed: UInt32, stored: UInt32)
  case identity
  /// A field, named as `docs/format.md` names it, holds what it cannot hold.
  case field(StaticString)

  package static func == (left: FormatError, right: FormatError) -> Bool {
    left.description == right.description
  }
}

extension FormatError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooShort(let byteCount, let needed): "\(byteCount) bytes are left where \(needed) are needed"
    case .magic(let found): "the magic number is 0x\(String(found, radix: 16))"
    case .version(let found, let newest):
      "its format is version \(found), this release reads up to \(newest); use a newer release"
    case .checksum(let computed, let stored):
      "checksum is 0x\(String(computed, radix: 16)), 0x\(String(stored, radix: 16)) is stored"
    case .identity: "it belongs to another file, or to another place of this one"
    case .field(let name): "field \(name) holds an impossible value"
    }
  }
}
