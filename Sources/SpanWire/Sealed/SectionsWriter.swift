internal import SpanModel

/// Writes what stands behind the row groups.
struct SectionsWriter {
  private let encoder: SegmentEncoder
  private var sections: [SealedSection] = []

  init(_ encoder: SegmentEncoder) { self.encoder = encoder }

  mutating func writeAll(_ envelopes: EnvelopeTable, _ records: [SealedRecord]) throws {
    let groups = encoder.position - UInt64(SealedFooter.byteCount)
    sections.append(
      SealedSection(.rowGroups, isRequired: true, position: UInt64(SealedFooter.byteCount), byteCount: groups)
    )
    try writeFences()
    try writeColumns()
    try writeTemplates()
    try writeDictionary()
    try writeEnvelopes(envelopes)
    try writeRecords(records)
    try writeSupersedes()
    try writeTombstones()
    try writeTraceFilter()
    try writeTagFilters()
    try writeEdges()
  }

  /// The table itself, as a block.
  mutating func writeTable() throws {
    var table = PlainArray<UInt8>()
    defer { table.deallocate() }
    for section in sections { section.encode(to: &table) }
    try writeBlock(table.bytes, encoder.options.effort)
  }

  private func writeBlock(_ raw: UnsafeRawBufferPointer, _ effort: SealedBlock.Effort?) throws {
    var block = PlainArray<UInt8>()
    defer { block.deallocate() }
    SealedBlock.append(raw, effort: effort, salt: encoder.salt, position: encoder.position, to: &block)
    try encoder.write(block.bytes)
  }

  private mutating func writeSection(_ id: SealedSection.ID, _ raw: PlainArray<UInt8>) throws {
    let start = encoder.position
    try writeBlock(raw.bytes, encoder.options.effort)
    end(id, isRequired: true, from: start)
  }

  /// Lists a section that was just written.
  private mutating func end(_ id: SealedSection.ID, isRequired: Bool, from start: UInt64) {
    sections.append(
      SealedSection(id, isRequired: isRequired, position: start, byteCount: encoder.position - start))
  }

  private mutating func writeList(
    _ id: SealedSection.ID, _ fill: (inout ItemListWriter) -> Void
  ) throws {
    let start = encoder.position
    // Filters are noise, which nobody tries to make smaller.
    var list = ItemListWriter(
      effort: id == .tagFilters ? nil : encoder.options.effort, salt: encoder.salt, start: start)
    defer { list.deallocate() }
    fill(&list)
    try encoder.write(list.finish())
    end(id, isRequired: id.isRequired, from: start)
  }

  /// For each row group: hash of its first trace (8), position (8); then the end of the last one (8).
  private mutating func writeFences() throws {
    var raw = PlainArray<UInt8>()
    defer { raw.deallocate() }
    for value in encoder.fences.elements { raw.append(littleEndian: value) }
    raw.append(littleEndian: encoder.position)
    try writeSection(.fences, raw)
  }

  /// For each column, as an item: how many entries of the dictionary are its, and its key.
  private mutating func writeColumns() throws {
    let encoder = encoder
    try writeList(.columns) { list in
      var item = PlainArray<UInt8>()
      defer { item.deallocate() }
      for (number, column) in encoder.group.templates.columns.enumerated() {
        item.removeAll()
        item.append(littleEndian: UInt32(encoder.group.textColumns[number].entries.count))
        column.bytes.withUnsafeBytes { item.append($0) }
        list.append(item.bytes)
      }
    }
  }

  private mutating func writeTemplates() throws {
    let encoder = encoder
    try writeList(.templates) { list in
      var item = PlainArray<UInt8>()
      defer { item.deallocate() }
      for template in encoder.group.templates.templates {
        item.removeAll()
        template.encode(to: &item)
        list.append(item.bytes)
      }
    }
  }

  /// The entries of the first text column, then those of the next: entry n of a column has code n + 1.
  private mutating func writeDictionary() throws {
    let encoder = encoder
    try writeList(.dictionary) { list in
      for column in encoder.group.textColumns.elements {
        for entry in column.entries.elements {
          let start = UnsafeRawPointer(encoder.group.texts.base + Int(entry.position))
          list.append(UnsafeRawBufferPointer(start: start, count: Int(entry.byteCount)))
        }
      }
    }
  }

  /// Resources are items; scopes, too: the number of the resource as a u32, and then their bytes.
  private mutating func writeEnvelopes(_ envelopes: EnvelopeTable) throws {
    try writeList(.resources) { list in
      for resource in envelopes.resources { resource.withUnsafeBytes { list.append($0) } }
    }
    try writeList(.scopes) { list in
      var item = PlainArray<UInt8>()
      defer { item.deallocate() }
      for scope in envelopes.scopes {
        item.removeAll()
        item.append(littleEndian: scope.resource)
        scope.bytes.withUnsafeBytes { item.append($0) }
        list.append(item.bytes)
      }
    }
  }

  /// Packed, one kind of number behind the other: sequences, arrivals, accepted and rejected spans, rules.
  private mutating func writeRecords(_ records: [SealedRecord]) throws {
    var raw = PlainArray<UInt8>()
    var values = PlainArray<UInt64>()
    defer {
      raw.deallocate()
      values.deallocate()
    }
    let fields: [(SealedRecord) -> UInt64] = [
      \.sequence.rawValue, \.arrival.nanoseconds, { UInt64($0.acceptedSpanCount) },
      { UInt64($0.rejectedSpanCount) }, { UInt64($0.rulesVersion) },
    ]
    for field in fields {
      values.removeAll()
      for record in records { values.append(field(record)) }
      PackedIntegers.append(values.elements, to: &raw)
    }
    try writeSection(.records, raw)
  }

  /// For each file: kind u8, three zeroes, lane u32, store id (16), sequence u64.
  private mutating func writeSupersedes() throws {
    var raw = PlainArray<UInt8>()
    defer { raw.deallocate() }
    for segment in encoder.supersedes {
      raw.append(littleEndian: UInt32(segment.kind.rawValue))
      raw.append(littleEndian: segment.lane)
      raw.append(littleEndian: segment.storeID.high.byteSwapped)
      raw.append(littleEndian: segment.storeID.low.byteSwapped)
      raw.append(littleEndian: segment.sequence.rawValue)
    }
    try writeSection(.supersedes, raw)
  }

  /// For each: hash (16), sequence u64.
  private mutating func writeTombstones() throws {
    var raw = PlainArray<UInt8>()
    defer { raw.deallocate() }
    for tombstone in encoder.tombstones {
      raw.append(littleEndian: tombstone.high)
      raw.append(littleEndian: tombstone.low)
      raw.append(littleEndian: tombstone.sequence.rawValue)
    }
    try writeSection(.tombstones, raw)
  }

  /// A filter of the hashes of traces; fingerprints are noise, so nobody tries to make them smaller.
  private mutating func writeTraceFilter() throws {
    let hashes = encoder.traceHashes.elements
    // Of 200 million traces: more than a segment has, and one can be read without it.
    guard FuseFilter.byteCount(keyCount: hashes.count) <= SealedBlock.rawByteCountMax else { return }
    let start = encoder.position
    var bytes: [UInt8] = []
    var builder = FuseFilterBuilder()
    builder.build(hashes, seed: encoder.footer.sequence.rawValue, into: &bytes)
    try bytes.withUnsafeBytes { try writeBlock($0, nil) }
    end(.traceFilter, isRequired: false, from: start)
  }

  /// Of each row group the filter of its tags, as an item.
  private mutating func writeTagFilters() throws {
    let encoder = encoder
    try writeList(.tagFilters) { list in
      var next = 0
      for byteCount in encoder.tagFilterByteCounts.elements {
        list.append(
          UnsafeRawBufferPointer(start: encoder.tagFilters.base + next, count: Int(byteCount)))
        next += Int(byteCount)
      }
    }
  }

  /// See `ServiceEdges`; left out when there are too many.
  private mutating func writeEdges() throws {
    var raw = PlainArray<UInt8>()
    defer { raw.deallocate() }
    guard let edges = encoder.edges.result, edges.encode(to: &raw) else { return }
    let start = encoder.position
    try writeBlock(raw.bytes, encoder.options.effort)
    end(.edges, isRequired: false, from: start)
  }
}
