/// A named part of a sealed segment, as its table of sections lists it.
///
///     byte 0         2          4          8            16              24
///          ┌─────────┬──────────┬──────────┬────────────┬───────────────┐
///          │ id u16  │ flags    │ zero     │ position   │ byte count    │
///          │         │ u16      │ u32      │ u64        │ u64           │
///          └─────────┴──────────┴──────────┴────────────┴───────────────┘
///
/// Bit 0 of the flags says that a reader who does not know the section cannot read the segment.
package struct SealedSection: Equatable, Sendable {
  package enum ID: UInt16, CaseIterable, Sendable {
    /// The row groups themselves.
    case rowGroups = 1
    /// Of each row group the hash of its first trace, and its position.
    case fences = 2
    case columns = 3
    case templates = 4
    case dictionary = 5
    case resources = 6
    case scopes = 7
    case records = 8
    case supersedes = 9
    case tombstones = 10
    case traceFilter = 11
    /// Of each row group which tags its spans may have.
    case tagFilters = 12
    /// Which services call which others.
    case edges = 13

    /// Whether no segment is without it.
    package var isRequired: Bool {
      switch self {
      case .traceFilter, .tagFilters, .edges: false
      default: true
      }
    }
  }

  static let byteCount = 24
  /// More than any release will have.
  static let countMax = 64

  package let id: UInt16
  package let isRequired: Bool
  package let position: UInt64
  package let byteCount: UInt64

  package var name: String { ID(rawValue: id).map { "\($0)" } ?? "section \(id)" }

  package init(_ id: ID, isRequired: Bool, position: UInt64, byteCount: UInt64) {
    self.id = id.rawValue
    self.isRequired = isRequired
    self.position = position
    self.byteCount = byteCount
  }

  func encode(to bytes: inout PlainArray<UInt8>) {
    bytes.append(littleEndian: id)
    bytes.append(littleEndian: UInt16(isRequired ? 1 : 0))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: position)
    bytes.append(littleEndian: byteCount)
  }

  private init(decoding base: UnsafeRawPointer) throws(FormatError) {
    id = base.littleEndian(at: 0)
    let flags: UInt16 = base.littleEndian(at: 2)
    guard flags < 2, base.littleEndian(at: 4, as: UInt32.self) == 0 else { throw .field("section") }
    isRequired = flags == 1
    position = base.littleEndian(at: 8)
    byteCount = base.littleEndian(at: 16)
  }

  /// All sections of a table.
  ///
  /// - Throws: when they are not one behind the other from the first footer to the table, or a required one
  ///   is not known.
  package static func decodeTable(_ bytes: UnsafeRawBufferPointer, of footer: SealedFooter)
    throws(FormatError) -> [SealedSection]
  {
    guard bytes.count % byteCount == 0, bytes.count / byteCount <= countMax else {
      throw .field("table of sections")
    }
    var sections: [SealedSection] = []
    var end = UInt64(SealedFooter.byteCount)
    for number in 0..<bytes.count / byteCount {
      // SAFETY: that many bytes are there.
      let section = try SealedSection(decoding: bytes.baseAddress.unsafelyUnwrapped + number * byteCount)
      guard section.position == end, end <= footer.tablePosition,
        section.byteCount <= footer.tablePosition - end
      else { throw .field("section position") }
      end += section.byteCount
      guard !section.isRequired || ID(rawValue: section.id) != nil else { throw .field("required section") }
      guard !sections.contains(where: { $0.id == section.id }) else { throw .field("section id") }
      sections.append(section)
    }
    guard end == footer.tablePosition else { throw .field("section position") }
    return sections
  }
}
