package import SpanWire

/// What the sections of a sealed segment behind its row groups hold, as far as each can be read.
package struct SealedParts {
  package private(set) var dictionary: SealedDictionary?
  package private(set) var resources: [[UInt8]]?
  package private(set) var scopes: [SealedContents.Scope]?
  package private(set) var records: [SealedRecord]?
  package private(set) var supersedes: [SupersededSegment]?
  package private(set) var tombstones: [SealedTombstone]?
  package private(set) var filter: SealedTraceFilter?
  /// Of each row group.
  package private(set) var tagFilters: [[UInt8]]?
  package private(set) var edges: ServiceEdges?

  /// Reads and checks all sections; what is wrong with them is noted in `scan`.
  init(_ scan: SealedScan) throws(FileError) {
    dictionary = try Self.dictionary(of: scan)
    resources = try scan.readItems(.resources)
    scopes = try Self.scopes(of: scan, resourceCount: resources?.count)
    let count = scan.footer.recordCount
    records = try scan.decode(.records) { (raw) throws(FormatError) in
      try SealedTables.records(raw, count: count)
    }
    supersedes = try scan.decode(.supersedes) { (raw) throws(FormatError) in try SealedTables.supersedes(raw)
    }
    tombstones = try scan.decode(.tombstones) { (raw) throws(FormatError) in try SealedTables.tombstones(raw)
    }
    filter = try scan.decode(.traceFilter) { (raw) throws(FormatError) in try SealedTraceFilter(decoding: raw)
    }
    tagFilters = try scan.readItems(.tagFilters)
    let groupCount = Int(clamping: scan.footer.rowGroupCount)
    edges = try scan.decode(.edges) { (raw) throws(FormatError) in
      try ServiceEdges(decoding: raw, rowGroupCount: groupCount)
    }
  }

  private static func dictionary(of scan: SealedScan) throws(FileError) -> SealedDictionary? {
    // All three, so that each of them is checked.
    let lists = (try scan.list(.columns), try scan.list(.templates), try scan.list(.dictionary))
    guard let columns = lists.0, let templates = lists.1, let texts = lists.2,
      let section = scan.section(.dictionary)
    else { return nil }
    let starts = [SealedSection.ID.columns, .templates].map { scan.section($0)?.position ?? 0 }
    let salt = scan.footer.salt
    do throws(FormatError) {
      return try columns.withFormatBytes { columns throws(FormatError) in
        try templates.withFormatBytes { templates throws(FormatError) in
          try texts.withFormatBytes { texts throws(FormatError) in
            try SealedDictionary(
              columns: SealedDictionary.SectionBytes(columns, at: starts[0]),
              templates: SealedDictionary.SectionBytes(templates, at: starts[1]),
              texts: SealedDictionary.SectionBytes(texts, at: section.position), salt: salt)
          }
        }
      }
    } catch {
      scan.note(error, in: section)
      return nil
    }
  }

  private static func scopes(of scan: SealedScan, resourceCount: Int?) throws(FileError)
    -> [SealedContents.Scope]?
  {
    guard let items = try scan.readItems(.scopes), let section = scan.section(.scopes) else { return nil }
    var scopes: [SealedContents.Scope] = []
    for item in items {
      let resource = item.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      guard item.count >= 4, resource < resourceCount ?? .max else {
        scan.note(.field("resource number"), in: section)
        return nil
      }
      scopes.append(SealedContents.Scope(resource: resource, bytes: Array(item.dropFirst(4))))
    }
    return scopes
  }
}
