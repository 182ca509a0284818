internal import SpanModel

/// What a sealed segment says of itself outside of its row groups: its footer, its sections, and where its
/// row groups stand.
package struct SealedLayout: Sendable {
  package let footer: SealedFooter
  package let sections: [SealedSection]
  /// Of each row group the hash of its first trace.
  package let firstHashes: [UInt64]
  /// Of each row group where it begins; then where the last one ends.
  package let positions: [UInt64]

  /// - Parameters:
  ///   - table: the table of sections as it stands in the file.
  ///   - fences: the bytes of a section.
  package init(
    _ footer: SealedFooter, table: UnsafeRawBufferPointer,
    fences: (SealedSection) throws(FormatError) -> [UInt8]
  ) throws(FormatError) {
    self.footer = footer
    let raw = try Self.block(table, footer.salt, at: footer.tablePosition)
    sections = try raw.withFormatBytes { bytes throws(FormatError) in
      try SealedSection.decodeTable(bytes, of: footer)
    }
    for id in SealedSection.ID.allCases where id.isRequired {
      guard sections.contains(where: { $0.id == id.rawValue }) else { throw .field("table of sections") }
    }
    guard let section = sections.first(where: { $0.id == SealedSection.ID.fences.rawValue }),
      let rowGroups = sections.first(where: { $0.id == SealedSection.ID.rowGroups.rawValue })
    else { throw .field("table of sections") }
    let bytes = try fences(section)
    let rawFences = try bytes.withFormatBytes { bytes throws(FormatError) in
      try Self.block(bytes, footer.salt, at: section.position)
    }
    (firstHashes, positions) = try Self.decode(rawFences, footer)
    guard rowGroups.position == UInt64(SealedFooter.byteCount),
      positions[positions.count - 1] == rowGroups.position + rowGroups.byteCount
    else { throw .field("row group position") }
  }

  /// What the section of fences says.
  ///
  /// - Parameter fences: the uncompressed section.
  package static func decode(_ fences: [UInt8], _ footer: SealedFooter) throws(FormatError)
    -> (hashes: [UInt64], positions: [UInt64])
  {
    guard footer.rowGroupCount < UInt64(fences.count), fences.count == 16 * Int(footer.rowGroupCount) + 8
    else {
      throw .field("row group count")
    }
    let values = fences.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
    var hashes: [UInt64] = []
    var positions: [UInt64] = []
    var end = UInt64(SealedFooter.byteCount)
    for number in 0..<Int(footer.rowGroupCount) {
      let (hash, position) = (values[2 * number], values[2 * number + 1])
      guard position == end || number > 0 && position > end, hash >= hashes.last ?? 0 else {
        throw .field("row group position")
      }
      hashes.append(hash)
      positions.append(position)
      end = position
    }
    let last = values[values.count - 1]
    guard last >= end, last <= footer.tablePosition else { throw .field("row group position") }
    return (hashes, positions + [last])
  }

  /// The uncompressed bytes of a section that is one block.
  package static func block(_ bytes: UnsafeRawBufferPointer, _ salt: FileSalt, at position: UInt64)
    throws(FormatError) -> [UInt8]
  {
    var memory = PlainArray<UInt8>()
    defer { memory.deallocate() }
    return [UInt8](try SealedBlock.read(bytes, salt: salt, position: position, into: &memory))
  }

  package func section(_ id: SealedSection.ID) -> SealedSection? { sections.first { $0.id == id.rawValue } }

  /// The row groups that may have traces of this hash.
  ///
  /// More than one when a trace is larger than a row group, or when two traces have one hash.
  package func rowGroups(of hash: UInt64) -> Range<Int> {
    // The first one behind the hash, and the last one before it, which may end with it.
    let end = firstIndex { $0 > hash }
    let begin = firstIndex { $0 >= hash }
    return max(0, begin - 1)..<end
  }

  private func firstIndex(where isBehind: (UInt64) -> Bool) -> Int {
    var low = 0
    var high = firstHashes.count
    while low < high {
      let middle = (low + high) / 2
      if isBehind(firstHashes[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension [UInt8] {
  /// `withUnsafeBytes`, with the error that is thrown.
  package func withFormatBytes<Value>(_ body: (UnsafeRawBufferPointer) throws(FormatError) -> Value)
    throws(FormatError) -> Value
  {
    let outcome: Result<Value, FormatError> = withUnsafeBytes { bytes in
      do throws(FormatError) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
