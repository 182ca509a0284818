internal import SpanModel
internal import SpanWire

extension SealedSegment {
  /// What became of opening a file.
  enum Found {
    /// What it can be read without may be damaged.
    case whole(SealedSegment, damages: [Damage])
    /// Nothing in it can be found, or it is not what its name says.
    case damaged(Damage)
    /// A newer release wrote it.
    case newer(FormatError)
  }

  /// Opens the file, reading its footer and the small sections.
  static func open(_ name: String, in directory: Directory, cache: SealedCache)
    throws(FileError) -> Found
  {
    let file = try directory.open(name, .readOnly)
    let copies: SealedFooterCopies
    do { copies = try SealedFooterCopies(name, file) } catch {
      switch error {
      case .file(let error): throw error
      case .damaged(let damage): return .damaged(damage)
      case .newer(let error): return .newer(error)
      }
    }
    let footer = copies.footer
    let byteCount = try file.byteCount()
    if footer.fileByteCount != byteCount {
      return .damaged(
        .ofSegment(name, byteCount, "it has \(byteCount) bytes, its footer says \(footer.fileByteCount)"))
    }
    guard name == FileName.sealed(footer.storeID, footer.sequence) else {
      return .damaged(.ofSegment(name, byteCount, "it was made under another name"))
    }
    return try open(name, file, footer, copies.damage, cache)
  }

  private static func open(
    _ name: String, _ file: File, _ footer: SealedFooter, _ footerDamage: Damage?,
    _ cache: SealedCache
  ) throws(FileError) -> Found {
    let tableEnd = footer.fileByteCount - UInt64(SealedFooter.byteCount)
    guard footer.tablePosition <= tableEnd else {
      return .damaged(.ofSegment(name, footer.fileByteCount, "its table of sections lies outside"))
    }
    var failure: FileError?
    do throws(FormatError) {
      let table = try file.read(
        Int(tableEnd - footer.tablePosition), at: footer.tablePosition, noting: &failure)
      let layout = try table.withFormatBytes { table throws(FormatError) in
        try SealedLayout(footer, table: table) { (section) throws(FormatError) in
          try file.read(Int(section.byteCount), at: section.position, noting: &failure)
        }
      }
      func block(_ id: SealedSection.ID) throws(FormatError) -> [UInt8]? {
        guard let section = layout.section(id) else { return nil }
        let bytes = try file.read(Int(section.byteCount), at: section.position, noting: &failure)
        return try bytes.withFormatBytes { bytes throws(FormatError) in
          try SealedLayout.block(bytes, footer.salt, at: section.position)
        }
      }
      guard let supersedes = try block(.supersedes) else { throw .field("table of sections") }
      var damages = [footerDamage].compactMap(\.self)
      var filter: SealedTraceFilter?
      do throws(FormatError) {
        filter = try block(.traceFilter).map { (raw) throws(FormatError) in
          try SealedTraceFilter(decoding: raw)
        }
      } catch {
        if let failure, !failure.isUnreadable { throw error }
        // Without it the segment may hold any trace: looking costs time and loses nothing.
        if let section = layout.section(.traceFilter) { damages.append(filterDamage(name, section, error)) }
      }
      let tombstones = try block(.tombstones) ?? []
      let segment = SealedSegment(
        name: name, file: file, layout: layout, supersedes: try SealedTables.supersedes(supersedes),
        carriedOut: Set(try SealedTables.tombstones(tombstones)), filter: filter, cache: cache)
      return .whole(segment, damages: damages)
    } catch {
      if let failure, !failure.isUnreadable { throw failure }
      if case .version = error { return .newer(error) }
      return .damaged(.ofSegment(name, footer.fileByteCount, failure?.description ?? error.description))
    }
  }

  private static func filterDamage(_ name: String, _ section: SealedSection, _ error: FormatError) -> Damage {
    Damage(
      file: name, position: section.position, byteCount: section.byteCount, extent: .nothing,
      reason: "\(section.name): \(error)")
  }
}

extension File {
  /// Reads for who throws format errors only; a failure of the call itself is noted beside.
  fileprivate func read(_ byteCount: Int, at position: UInt64, noting failure: inout FileError?)
    throws(FormatError) -> [UInt8]
  {
    let bytes: [UInt8]
    do throws(FileError) { bytes = try read(byteCount, at: position) } catch {
      failure = error
      throw .tooShort(byteCount: 0, needed: byteCount)
    }
    guard bytes.count == byteCount else { throw .tooShort(byteCount: bytes.count, needed: byteCount) }
    return bytes
  }
}
