internal import SpanModel
package import SpanWire

/// A sealed segment's file as offline tools read it: as much of it as can be read, and what is wrong with the
/// rest.
///
/// Where a `SealedSegment` is whole or is not opened, a scan goes on behind damage, and names it.
package final class SealedScan {
  package let name: String
  package let fileByteCount: UInt64
  package let footer: SealedFooter
  /// As the table lists them; none when that cannot be read.
  package private(set) var sections: [SealedSection] = []
  /// Where row groups stand, in order.
  package private(set) var groups: [Range<UInt64>] = []
  /// Of each row group the hash of its first trace; none when the section that says so cannot be read.
  package private(set) var firstHashes: [UInt64] = []
  package internal(set) var damages: [Damage] = []
  /// Damage that is no more, because a single byte was wrong and is known.
  package private(set) var mended: [Damage] = []
  private let mends: Bool
  private let file: File

  /// Reads the footer, the table of sections and the places of row groups.
  ///
  /// - Parameter mends: whether single changed bytes of sections are put right in what is read.
  /// - Throws: when none of it can be read.
  init(_ name: String, in directory: Directory, mends: Bool = false) throws(SealedFooterCopies.Failure) {
    self.name = name
    self.mends = mends
    do throws(FileError) {
      file = try directory.open(name, .readOnly)
      fileByteCount = try file.byteCount()
    } catch {
      throw .file(error)
    }
    let copies = try SealedFooterCopies(name, file)
    footer = copies.footer
    if let damage = copies.damage { damages.append(damage) }
    checkFile()
    do throws(FileError) {
      try readTable()
      if !sections.isEmpty { try findGroups() }
    } catch {
      throw .file(error)
    }
  }

  private func checkFile() {
    if footer.fileByteCount != fileByteCount {
      let place = [footer.fileByteCount, fileByteCount].sorted()
      note(
        place[0]..<place[1], .segment,
        "it has \(fileByteCount) bytes, its footer says \(footer.fileByteCount)")
    }
    if name != FileName.sealed(footer.storeID, footer.sequence) {
      note(0..<fileByteCount, .segment, "it was made under another name")
    }
  }
}

// MARK: Damage

extension SealedScan {
  func note(_ place: Range<UInt64>, _ extent: Damage.Extent, _ reason: String) {
    damages.append(
      Damage(
        file: name, position: place.lowerBound, byteCount: place.upperBound - place.lowerBound,
        extent: extent, reason: reason))
  }

  func note(_ fault: SealedFault, in section: SealedSection) {
    note(fault.place, section.extent, "\(section.name): \(fault.error)")
  }

  func note(_ error: FormatError, in section: SealedSection) {
    note(SealedFault(section.place, error), in: section)
  }

  package func section(_ id: SealedSection.ID) -> SealedSection? {
    sections.first { $0.id == id.rawValue }
  }
}

extension SealedSection {
  var place: Range<UInt64> { position..<position + byteCount }

  /// What is lost with bytes of it.
  fileprivate var extent: Damage.Extent {
    switch ID(rawValue: id) {
    case .rowGroups: .rows
    // A reader can do without: it looks at more row groups.
    case .traceFilter, .tagFilters, .edges: .nothing
    case nil: isRequired ? .section : .nothing
    default: .section
    }
  }
}

// MARK: Bytes

extension SealedScan {
  /// The bytes of a place; `nil` when the device cannot read them or the file ends, which is noted.
  func bytes(_ place: Range<UInt64>, _ extent: Damage.Extent, _ what: String) throws(FileError) -> [UInt8]? {
    let byteCount = Int(clamping: place.upperBound - place.lowerBound)
    guard place.upperBound <= fileByteCount else {
      note(place, extent, "\(what): the file ends")
      return nil
    }
    do throws(FileError) {
      let bytes = try file.read(byteCount, at: place.lowerBound)
      if bytes.count == byteCount { return bytes }
      note(place, extent, "\(what): the file ends")
    } catch {
      guard error.isUnreadable else { throw error }
      note(place, extent, "\(what): \(FileError.unreadableReason)")
    }
    return nil
  }

  /// The bytes of a section as they are stored; `nil` when there is none, or it cannot be read.
  func bytes(of id: SealedSection.ID) throws(FileError) -> (section: SealedSection, bytes: [UInt8])? {
    guard let section = section(id) else { return nil }
    return try bytes(section.place, section.extent, section.name).map { (section, $0) }
  }

  /// The uncompressed bytes of a section that is one block.
  func block(_ id: SealedSection.ID) throws(FileError) -> [UInt8]? {
    guard let (section, bytes) = try bytes(of: id) else { return nil }
    return raw(bytes, in: section.place, section.extent, section.name)
  }

  /// The uncompressed bytes of what should be one block; `nil` when it is none, which is noted.
  private func raw(_ bytes: [UInt8], in place: Range<UInt64>, _ extent: Damage.Extent, _ what: String)
    -> [UInt8]?
  {
    let salt = footer.salt
    var whole = bytes
    let fault = bytes.withUnsafeBytes { SealedFault.find(inBlock: $0, salt: salt, at: place.lowerBound) }
    if let fault {
      guard
        let mended = mend(fault.place, what, { SealedMend.block(bytes, salt: salt, at: place.lowerBound) })
      else {
        note(fault.place, extent, "\(what): \(fault.error)")
        return nil
      }
      whole = mended
    }
    return whole.withUnsafeBytes { try? SealedLayout.block($0, salt, at: place.lowerBound) }
  }

  /// - Returns: what `body` makes of bytes of which one is wrong; `nil` when nothing is to be put right.
  func mend(_ place: Range<UInt64>, _ what: String, _ body: () -> [UInt8]?) -> [UInt8]? {
    guard mends, let bytes = body() else { return nil }
    mended.append(
      Damage(
        file: name, position: place.lowerBound, byteCount: place.upperBound - place.lowerBound,
        extent: .nothing, reason: "\(what): a byte was wrong, and is known"))
    return bytes
  }

  /// Decodes a section that is one block; what is wrong with it is noted.
  func decode<Value>(_ id: SealedSection.ID, _ decode: ([UInt8]) throws(FormatError) -> Value)
    throws(FileError) -> Value?
  {
    guard let raw = try block(id), let section = section(id) else { return nil }
    do throws(FormatError) { return try decode(raw) } catch {
      note(error, in: section)
      return nil
    }
  }
}

// MARK: Places

extension SealedScan {
  private func readTable() throws(FileError) {
    let end = footer.fileByteCount - UInt64(SealedFooter.byteCount)
    guard footer.tablePosition <= end else {
      return note(footer.tablePosition..<footer.fileByteCount, .segment, "table of sections: it lies outside")
    }
    let place = footer.tablePosition..<end
    guard let bytes = try bytes(place, .segment, "table of sections") else { return }
    guard let raw = raw(bytes, in: place, .segment, "table of sections") else { return }
    let footer = footer
    do throws(FormatError) {
      sections = try raw.withFormatBytes { raw throws(FormatError) in
        try SealedSection.decodeTable(raw, of: footer)
      }
    } catch {
      return note(place, .segment, "table of sections: \(error)")
    }
    checkSections(tableAt: place)
  }

  /// Sections stand one behind the other, and between them and the table is nothing.
  private func checkSections(tableAt place: Range<UInt64>) {
    for id in SealedSection.ID.allCases where section(id) == nil && id.isRequired {
      note(place, .segment, "table of sections: there is no section \(id)")
    }
    var end = UInt64(SealedFooter.byteCount)
    for section in sections.sorted(by: { $0.position < $1.position }) {
      if section.position > end {
        note(end..<section.position, .nothing, "bytes that belong to no section")
      } else if section.position < end, section.byteCount > 0 {
        note(section.position..<end, .section, "\(section.name): it begins within another section")
      }
      end = max(end, section.place.upperBound)
    }
    if end < place.lowerBound { note(end..<place.lowerBound, .nothing, "bytes that belong to no section") }
  }

  private func findGroups() throws(FileError) {
    guard let rows = section(.rowGroups) else { return }
    let footer = footer
    let fences = try decode(.fences) { (raw) throws(FormatError) in try SealedLayout.decode(raw, footer) }
    guard let fences else { return try walkGroups(rows.place) }
    firstHashes = fences.hashes
    groups = zip(fences.positions, fences.positions.dropFirst()).map { $0..<$1 }
    let end = fences.positions[fences.positions.count - 1]
    if rows.position != UInt64(SealedFooter.byteCount) || rows.place.upperBound != end {
      note(rows.place, .nothing, "rowGroups: the section has other bytes than its row groups")
    }
  }

  /// Finds row groups without being told where they stand: each says how long it is.
  private func walkGroups(_ place: Range<UInt64>) throws(FileError) {
    var position = place.lowerBound
    while position < place.upperBound {
      guard let byteCount = try groupByteCount(at: position, end: place.upperBound) else {
        return note(position..<place.upperBound, .rows, "rowGroups: nothing tells where the next one begins")
      }
      groups.append(position..<position + byteCount)
      position += byteCount
    }
  }

  private func groupByteCount(at position: UInt64, end: UInt64) throws(FileError) -> UInt64? {
    guard let keys = try blockByteCount(at: position, end: end),
      let values = try blockByteCount(at: position + keys, end: end)
    else { return nil }
    return keys + values
  }

  /// Bytes of the block at `position`, as its header says; `nil` when that cannot be true.
  func blockByteCount(at position: UInt64, end: UInt64) throws(FileError) -> UInt64? {
    let header = position..<position + UInt64(SealedBlock.headerByteCount)
    guard header.upperBound <= end, let bytes = try bytes(header, .rows, "rowGroups"),
      let block = bytes.withUnsafeBytes({ try? SealedBlock(header: $0) }),
      UInt64(block.byteCount) <= end - position
    else { return nil }
    return UInt64(block.byteCount)
  }
}
