import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// Damage to a sealed segment is reported, wherever it is, and never read as something else.
struct SealedDamageTests {
  private static let parts = Array(0..<8)

  /// A few KiB of several row groups, with blocks that are compressed and blocks that are not.
  private static func segment(sequence: UInt64 = 3) throws -> SealedBytes {
    var spans = OddSpans(seed: 71)
    var options = SegmentEncoder.Options()
    options.rowGroupByteCount = 600
    let members = (0..<24 as Range<UInt64>).map { number in
      let traceID = TraceID(high: 1, low: number / 4)
      return SealedBytes.Member(traceID, number, spans.span(traceID, number))
    }
    return try SealedBytes(members, options: options, sequence: sequence)
  }

  private static let whole: SealedBytes = {
    do { return try segment() } catch { preconditionFailure("cannot seal: \(error)") }
  }()

  /// What is wrong with what is read of `bytes`; `nil` when nothing but damage is.
  private func fault(of bytes: [UInt8]) -> String? {
    do throws(FormatError) {
      let read = try SealedReading(bytes)
      let isSame = read.members == Self.reading.members && read.layout.footer == Self.whole.footer
      return read.isFooterDamaged && isSame ? nil : "it reads \(isSame ? "as if it were whole" : "otherwise")"
    } catch {
      return nil
    }
  }

  private static let reading: SealedReading = {
    do { return try SealedReading(whole.bytes) } catch { preconditionFailure("cannot read: \(error)") }
  }()

  @Test func `the segment has several row groups and reads as it was written`() {
    #expect(Self.whole.footer.rowGroupCount > 3)
    #expect(Self.reading.members.map(\.span) == Self.whole.members.map(\.span))
    #expect(Self.reading.supersedes == SealedBytes.supersedes)
    #expect(Self.reading.tombstones == SealedBytes.tombstones)
    #expect(!Self.reading.isFooterDamaged)
    print("sealed segment of \(Self.whole.bytes.count) bytes")
  }

  @Test(arguments: parts)
  func `every flipped bit is reported`(part: Int) {
    var bytes = Self.whole.bytes
    for place in stride(from: part, to: bytes.count, by: Self.parts.count * Dose.share) {
      for bit in 0..<8 {
        bytes[place] ^= 1 << UInt8(bit)
        #expect(fault(of: bytes) == nil, "bit \(bit) of byte \(place)")
        bytes[place] ^= 1 << UInt8(bit)
      }
    }
  }

  @Test func `every length it can be cut to is reported`() {
    for count in stride(from: 0, to: Self.whole.bytes.count, by: Dose.share) {
      let error = #expect(throws: FormatError.self) {
        try SealedReading(Array(Self.whole.bytes.prefix(count)))
      }
      if error == nil { return }
    }
  }

  @Test func `bytes behind it are reported`() {
    #expect(throws: FormatError.self) { try SealedReading(Self.whole.bytes + [0]) }
    #expect(throws: FormatError.self) { try SealedReading(Self.whole.bytes + Self.whole.bytes) }
  }

  @Test func `blocks of another segment, at the same place, are reported`() throws {
    let other = try Self.segment(sequence: 4)
    try #require(other.bytes.count == Self.whole.bytes.count)
    for section in Self.reading.layout.sections where section.byteCount > 0 {
      let range = Int(section.position)..<Int(section.position + section.byteCount)
      var bytes = Self.whole.bytes
      bytes.replaceSubrange(range, with: other.bytes[range])
      #expect(throws: FormatError.self, "\(section.name)") { try SealedReading(bytes) }
    }
  }

  /// Row groups of one length, each whole but at the place of the other.
  @Test func `row groups that changed places are reported`() throws {
    let members = (1...6 as ClosedRange<UInt64>).map { number in
      var span = ProtobufWriter()
      span.writeBytes([UInt8](repeating: UInt8(number), count: 16), field: 1)
      span.writeBytes([UInt8](repeating: UInt8(number), count: 8), field: 2)
      let half = number * 0x0101_0101_0101_0101
      return SealedBytes.Member(TraceID(high: half, low: half), half, span.bytes)
    }
    var options = SegmentEncoder.Options()
    options.rowGroupByteCount = 1
    let sealed = try SealedBytes(members, options: options)
    let positions = try SealedReading(sealed.bytes).layout.positions.map { Int($0) }
    try #require(positions.count == 7 && positions[1] - positions[0] == positions[2] - positions[1])
    var bytes = sealed.bytes
    let first = positions[0]..<positions[1]
    let second = positions[1]..<positions[2]
    bytes.replaceSubrange(first, with: sealed.bytes[second])
    bytes.replaceSubrange(second, with: sealed.bytes[first])
    #expect(throws: FormatError.self) { try SealedReading(bytes) }
  }

  // MARK: The table of sections

  /// The segment with its table of sections edited, and everything made to fit again.
  private func edited(_ edit: (inout [[UInt8]]) -> Void) throws -> [UInt8] {
    let whole = Self.whole
    let position = Int(whole.footer.tablePosition)
    let stored = Array(whole.bytes[position..<whole.bytes.count - SealedFooter.byteCount])
    let salt = whole.footer.salt
    let raw = try stored.withUnsafeBytes { try SealedLayout.block($0, salt, at: UInt64(position)) }
    var entries = stride(from: 0, to: raw.count, by: 24).map { Array(raw[$0..<$0 + 24]) }
    edit(&entries)
    let block = PlainBlock.encoded(Array(entries.joined()), salt: salt, position: UInt64(position))
    var footer = whole.footer
    footer.fileByteCount = UInt64(position + block.count + SealedFooter.byteCount)
    let body = whole.bytes[SealedFooter.byteCount..<position]
    return footer.encoded() + body + block + footer.encoded()
  }

  @Test func `a table that is written again reads the same`() throws {
    #expect(try SealedReading(edited { _ in }).members == Self.reading.members)
  }

  @Test(arguments: SealedSection.ID.allCases)
  func `a section that is missing is reported, but for the filter`(id: SealedSection.ID) throws {
    let place = try #require(Self.reading.layout.sections.firstIndex { $0.id == id.rawValue })
    #expect(throws: FormatError.self) { try SealedReading(edited { $0.remove(at: place) }) }
    // Its bytes under the number of a section that may be skipped.
    let renamed = try edited { $0[place][0...3] = [200, 0, 0, 0] }
    if id.isRequired {
      #expect(throws: FormatError.field("table of sections")) { try SealedReading(renamed) }
    } else {
      #expect(try SealedReading(renamed).members == Self.reading.members)
    }
  }

  @Test func `a required section of a later release is refused`() throws {
    let place = Self.reading.layout.sections.count - 1
    let renamed = try edited { $0[place][0...3] = [200, 0, 1, 0] }
    #expect(throws: FormatError.field("required section")) { try SealedReading(renamed) }
  }

  @Test(arguments: SealedSection.ID.allCases)
  func `a section that is there twice is reported`(id: SealedSection.ID) throws {
    let place = try #require(Self.reading.layout.sections.firstIndex { $0.id == id.rawValue })
    #expect(throws: FormatError.self) { try SealedReading(edited { $0.append($0[place]) }) }
    // Without bytes, so that all sections still follow one another.
    let end = Self.whole.footer.tablePosition
    let empty = try edited { entries in
      var entry = entries[place]
      withUnsafeBytes(of: end.littleEndian) { entry.replaceSubrange(8..<16, with: $0) }
      entry.replaceSubrange(16..<24, with: repeatElement(0, count: 8))
      entries.append(entry)
    }
    #expect(throws: FormatError.field("section id")) { try SealedReading(empty) }
  }

  @Test func `sections that changed places are reported`() throws {
    let count = Self.reading.layout.sections.count
    for first in 0..<count {
      for second in 0..<first {
        #expect(throws: FormatError.self) { try SealedReading(edited { $0.swapAt(first, second) }) }
        let swapped = try edited { entries in
          let id = Array(entries[first][0...3])
          entries[first][0...3] = entries[second][0...3]
          entries[second][0...3] = id[...]
        }
        #expect(throws: FormatError.self) { try SealedReading(swapped) }
      }
    }
  }
}
