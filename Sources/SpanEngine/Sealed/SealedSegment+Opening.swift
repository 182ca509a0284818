internal import SpanModel
internal import SpanWire

extension SealedSegment {
  /// What became of opening a file.
  enum Found {
    case whole(SealedSegment, footerDamage: Damage?)
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
    let byteCount = try file.byteCount()
    let footerByteCount = UInt64(SealedFooter.byteCount)
    let end = byteCount >= footerByteCount ? byteCount - footerByteCount : 0
    let copies: (first: [UInt8], last: [UInt8])
    do throws(FileError) {
      copies = (try file.read(SealedFooter.byteCount, at: 0), try file.read(SealedFooter.byteCount, at: end))
    } catch {
      guard error.isUnreadable else { throw error }
      return .damaged(whole(name, byteCount, FileError.unreadableReason))
    }
    let footer: SealedFooter
    var footerDamage: Damage?
    switch (decode(copies.last), decode(copies.first)) {
    case (.success(let last), .success(let first)) where first == last: footer = last
    case (.success, .success): return .damaged(whole(name, byteCount, "its footer's copies differ"))
    case (.success(let last), .failure(let error)):
      footer = last
      footerDamage = copyDamage(name, at: 0, error)
    case (.failure(let error), .success(let first)):
      footer = first
      footerDamage = copyDamage(name, at: end, error)
    case (.failure(let error), .failure):
      if case .version = error { return .newer(error) }
      return .damaged(whole(name, byteCount, "both copies of its footer: \(error)"))
    }
    if footer.fileByteCount != byteCount {
      return .damaged(
        whole(name, byteCount, "it has \(byteCount) bytes, its footer says \(footer.fileByteCount)"))
    }
    guard name == FileName.sealed(footer.storeID, footer.sequence) else {
      return .damaged(whole(name, byteCount, "it was made under another name"))
    }
    return try open(name, file, footer, footerDamage, cache)
  }

  private static func open(
    _ name: String, _ file: File, _ footer: SealedFooter, _ footerDamage: Damage?, _ cache: SealedCache
  ) throws(FileError) -> Found {
    let tableEnd = footer.fileByteCount - UInt64(SealedFooter.byteCount)
    guard footer.tablePosition <= tableEnd else {
      return .damaged(whole(name, footer.fileByteCount, "its table of sections lies outside"))
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
      let filter = try block(.traceFilter).map { (raw) throws(FormatError) in
        try SealedTraceFilter(decoding: raw)
      }
      let tombstones = try block(.tombstones) ?? []
      let segment = SealedSegment(
        name: name, file: file, layout: layout, supersedes: try SealedTables.supersedes(supersedes),
        carriedOut: Set(try SealedTables.tombstones(tombstones)), filter: filter, cache: cache)
      return .whole(segment, footerDamage: footerDamage)
    } catch {
      if let failure, !failure.isUnreadable { throw failure }
      if case .version = error { return .newer(error) }
      return .damaged(whole(name, footer.fileByteCount, failure?.description ?? error.description))
    }
  }

  private static func decode(_ bytes: [UInt8]) -> Result<SealedFooter, FormatError> {
    do throws(FormatError) {
      return .success(
        try bytes.withFormatBytes { bytes throws(FormatError) in try SealedFooter(decoding: bytes) })
    } catch {
      return .failure(error)
    }
  }

  private static func whole(_ name: String, _ byteCount: UInt64, _ reason: String) -> Damage {
    Damage(file: name, position: 0, byteCount: byteCount, extent: .segment, reason: reason)
  }

  private static func copyDamage(_ name: String, at position: UInt64, _ error: FormatError) -> Damage {
    Damage(
      file: name, position: position, byteCount: UInt64(SealedFooter.byteCount), extent: .nothing,
      reason: "a copy of its footer: \(error)")
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
