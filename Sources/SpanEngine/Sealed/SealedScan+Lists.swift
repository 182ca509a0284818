internal import SpanWire

extension SealedSection.ID {
  /// Sections that are lists of items.
  static let lists: [Self] = [
    .columns, .templates, .dictionary, .resources, .scopes, .tagFilters,
  ]
}

extension SealedScan {
  /// The bytes of a section that is a list; `nil` when something in it is damaged, which is noted.
  func list(_ id: SealedSection.ID) throws(FileError) -> [UInt8]? {
    guard let (section, bytes) = try bytes(of: id) else { return nil }
    let salt = footer.salt
    let faults = bytes.withUnsafeBytes { SealedFault.find(inList: $0, salt: salt, at: section.position) }
    guard let first = faults.first else { return bytes }
    let mended = mend(first.place, section.name) {
      SealedMend.list(bytes, salt: salt, at: section.position)
    }
    if mended == nil { for fault in faults { note(fault, in: section) } }
    return mended
  }

  /// All items of a list; `nil` when something in it is damaged, which is noted.
  func readItems(_ id: SealedSection.ID) throws(FileError) -> [[UInt8]]? {
    guard let bytes = try list(id), let section = section(id) else { return nil }
    let salt = footer.salt
    do throws(FormatError) {
      return try bytes.withFormatBytes { bytes throws(FormatError) in
        var items: [[UInt8]] = []
        let list = try ItemList(decoding: bytes, salt: salt, start: section.position)
        try list.forEach(of: bytes, salt: salt, start: section.position) { (_, item) throws(FormatError) in
          items.append([UInt8](item))
        }
        return items
      }
    } catch {
      note(error, in: section)
      return nil
    }
  }
}
