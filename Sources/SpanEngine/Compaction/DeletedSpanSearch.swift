internal import SpanModel
internal import SpanWire

/// Finds out whether a sealed segment still holds spans of deleted traces.
///
/// Of a deletion of this process the trace's hash is known: the filter answers most of it, and the rest is in
/// one row group or two. One that was found when opening is a keyed hash and no more: then the ids of all
/// traces of the segment are hashed, once for all such deletions. What a segment was searched for it
/// remembers, so that nothing is looked for twice.
struct DeletedSpanSearch {
  let tombstones: Tombstones
  let key: HashKey
  let pace: any CompactionPace

  /// - Throws: `.corrupt` when the segment cannot be read; nothing is remembered then.
  func holds(_ segment: SealedSegment) throws(StoreError) -> Bool {
    let sought = tombstones.noted.filter {
      $0.ordinal > segment.searchedOrdinal && segment.mayHaveSpans(hiddenBy: $0)
    }
    if !sought.isEmpty, try find(sought, in: segment) { return true }
    segment.markSearched(upTo: tombstones.lastOrdinal)
    return false
  }

  private func find(_ sought: [NotedTombstone], in segment: SealedSegment) throws(StoreError) -> Bool {
    let groups = rowGroups(of: sought, in: segment)
    if groups.isEmpty { return false }
    var ends: [TraceDigest: RecordSequence] = [:]
    for noted in sought { ends[noted.tombstone.trace] = noted.tombstone.sequence }
    let contents = try segment.contents()
    let reader = RowGroupReader(contents.dictionary)
    for group in groups {
      try pace.take(Int(segment.layout.positions[group + 1] - segment.layout.positions[group]))
      try segment.open(rowGroup: group, in: reader)
      for trace in 0..<reader.traceCount {
        let digest = TraceDigest(of: reader.traceID(trace), tenant: segment.footer.tenant, key: key)
        guard let end = ends[digest] else { continue }
        if holds(trace, before: end, reader, contents) { return true }
      }
    }
    return false
  }

  /// Those that can have one of the traces, ascending.
  private func rowGroups(of sought: [NotedTombstone], in segment: SealedSegment) -> [Int] {
    var groups: Set<Int> = []
    for noted in sought {
      guard let hash = noted.hash else { return Array(0..<segment.layout.firstHashes.count) }
      if segment.mayHold(hash) { groups.formUnion(segment.layout.rowGroups(of: hash)) }
    }
    return groups.sorted()
  }

  /// Whether spans of the trace came before its deletion. A record that is not there is damage: the rewrite
  /// meets it, and says so.
  private func holds(
    _ trace: Int, before end: RecordSequence, _ reader: RowGroupReader, _ contents: SealedContents
  ) -> Bool {
    let traceID = reader.traceID(trace)
    return reader.rows(ofTrace: trace).contains { number in
      let record = Int(reader.row(number, ofTrace: traceID).record)
      return record >= contents.records.count || contents.records[record].sequence < end
    }
  }
}
