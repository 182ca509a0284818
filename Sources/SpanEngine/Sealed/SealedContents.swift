package import SpanWire

/// What the row groups of a sealed segment refer to by number: dictionary, envelopes and records.
package final class SealedContents: Sendable {
  package struct Scope: Sendable {
    package let resource: Int
    package let bytes: [UInt8]
  }

  package let dictionary: SealedDictionary
  package let resources: [[UInt8]]
  package let scopes: [Scope]
  package let records: [SealedRecord]
  /// Memory it takes.
  let byteCount: Int

  init(_ segment: SealedSegment) throws(StoreError) {
    dictionary = try Self.dictionary(of: segment)
    resources = try Self.items(.resources, of: segment)
    var scopes: [Scope] = []
    for item in try Self.items(.scopes, of: segment) {
      let resource = item.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard item.count >= 4, resource < resources.count else {
        throw .corrupt(
          segment.damage(at: try segment.section(.scopes).position, 1, "a scope without a resource"))
      }
      scopes.append(Scope(resource: resource, bytes: Array(item.dropFirst(4))))
    }
    self.scopes = scopes
    records = try Self.records(of: segment)
    byteCount =
      dictionary.byteCount + resources.reduce(0) { $0 + $1.count + 32 }
      + scopes.reduce(0) { $0 + $1.bytes.count + 48 } + records.count * MemoryLayout<SealedRecord>.stride
  }

  private static func dictionary(of segment: SealedSegment) throws(StoreError) -> SealedDictionary {
    let sections = try (segment.section(.columns), segment.section(.templates), segment.section(.dictionary))
    let columns = try segment.bytes(of: sections.0)
    let templates = try segment.bytes(of: sections.1)
    let texts = try segment.bytes(of: sections.2)
    do throws(FormatError) {
      return try columns.withFormatBytes { columns throws(FormatError) in
        try templates.withFormatBytes { templates throws(FormatError) in
          try texts.withFormatBytes { texts throws(FormatError) in
            try SealedDictionary(
              columns: SealedDictionary.SectionBytes(columns, at: sections.0.position),
              templates: SealedDictionary.SectionBytes(templates, at: sections.1.position),
              texts: SealedDictionary.SectionBytes(texts, at: sections.2.position), salt: segment.footer.salt)
          }
        }
      }
    } catch {
      throw segment.damage(of: sections.2, error)
    }
  }

  /// All items of a list.
  private static func items(_ id: SealedSection.ID, of segment: SealedSegment) throws(StoreError) -> [[UInt8]]
  {
    let section = try segment.section(id)
    let bytes = try segment.bytes(of: section)
    let salt = segment.footer.salt
    do throws(FormatError) {
      return try bytes.withFormatBytes { bytes throws(FormatError) in
        let list = try ItemList(decoding: bytes, salt: salt, start: section.position)
        var items: [[UInt8]] = []
        try list.forEach(of: bytes, salt: salt, start: section.position) { (_, item) throws(FormatError) in
          items.append([UInt8](item))
        }
        return items
      }
    } catch {
      throw segment.damage(of: section, error)
    }
  }

  private static func records(of segment: SealedSegment) throws(StoreError) -> [SealedRecord] {
    let raw = try segment.block(.records)
    do throws(FormatError) { return try SealedTables.records(raw, count: segment.footer.recordCount) } catch {
      throw segment.damage(of: try segment.section(.records), error)
    }
  }
}

extension SealedSegment {
  func section(_ id: SealedSection.ID) throws(StoreError) -> SealedSection {
    guard let section = layout.section(id) else {
      throw .corrupt(damage(at: footer.tablePosition, 1, "there is no section \(id)"))
    }
    return section
  }

  /// The uncompressed bytes of a section that is one block.
  func block(_ id: SealedSection.ID) throws(StoreError) -> [UInt8] {
    let section = try section(id)
    let bytes = try bytes(of: section)
    do throws(FormatError) {
      return try bytes.withFormatBytes { bytes throws(FormatError) in
        try SealedLayout.block(bytes, footer.salt, at: section.position)
      }
    } catch {
      throw damage(of: section, error)
    }
  }

  /// Of each row group the filter of its tags, handed out in order, as far as the section can be read.
  ///
  /// - Returns: `false` when the segment has none, because an earlier release made it.
  package func forEachTagFilter(_ body: (Int, TagFilter) -> Void) throws(StoreError) -> Bool {
    guard let section = layout.section(.tagFilters) else { return false }
    let bytes = try bytes(of: section)
    let (salt, count) = (footer.salt, layout.firstHashes.count)
    do throws(FormatError) {
      try bytes.withFormatBytes { bytes throws(FormatError) in
        let list = try ItemList(decoding: bytes, salt: salt, start: section.position)
        guard list.count == count else { throw .field("tag filters") }
        try list.forEach(of: bytes, salt: salt, start: section.position) {
          body($0, TagFilter($1))
        }
      }
    } catch {
      throw damage(of: section, error)
    }
    return true
  }

  /// Which services call which others, as the segment counted them when it was made; `nil` when it did not.
  package func serviceEdges() throws(StoreError) -> ServiceEdges? {
    guard let section = layout.section(.edges) else { return nil }
    let raw = try block(.edges)
    do throws(FormatError) {
      return try ServiceEdges(decoding: raw, rowGroupCount: layout.firstHashes.count)
    } catch {
      throw damage(of: section, error)
    }
  }

  /// Deletions whose spans are not in it any more.
  package func tombstones() throws(StoreError) -> [SealedTombstone] {
    let raw = try block(.tombstones)
    do throws(FormatError) { return try SealedTables.tombstones(raw) } catch {
      throw damage(of: try section(.tombstones), error)
    }
  }
}
