internal import SpanEngine
internal import SpanModel
internal import SpanWire

/// Looks for spans in one sealed segment.
struct SealedSearch {
  /// Scopes that a row group is asked for one by one; of more, some are nearly everywhere.
  private static let askedScopeCountMax = 64

  private let segment: SealedSegment
  private let contents: SealedContents
  private let search: SpanSearch
  private let tombstones: Tombstones
  /// Of each scope what its envelopes decide.
  private let decisions: [Bool?]

  init(_ segment: SealedSegment, _ search: SpanSearch, _ tombstones: Tombstones) throws(StoreError) {
    self.segment = segment
    self.search = search
    self.tombstones = tombstones
    contents = try segment.contents()
    decisions = Self.decisions(search.predicate, contents)
  }

  private static func decisions(_ predicate: SpanPredicate, _ contents: SealedContents) -> [Bool?] {
    contents.scopes.map { scope in
      contents.resources[scope.resource].withUnsafeBytes { resource in
        scope.bytes.withUnsafeBytes { predicate.isDecided(byResource: resource, scope: $0) }
      }
    }
  }

  // MARK: Row groups

  /// The row groups that may have such spans.
  ///
  /// - Returns: with what could not be read of their filters, if there is such: then they are all asked.
  func rowGroups() throws(StoreError) -> (numbers: [Int], damage: StoreError?) {
    let count = segment.layout.firstHashes.count
    guard decisions.contains(where: { $0 != false }) else { return ([], nil) }
    let condition = condition
    var numbers: [Int] = []
    var damage: StoreError?
    do throws(StoreError) {
      let hasFilters = try segment.forEachTagFilter { number, filter in
        if condition.mayHold(filter, rowGroup: number) { numbers.append(number) }
      }
      if hasFilters { return (numbers, nil) }
    } catch {
      guard case .corrupt = error else { throw error }
      damage = error
    }
    return ((0..<count).filter { condition.mayHold(nil, rowGroup: $0) }, damage)
  }

  private var condition: TagCondition {
    let hash = TagHash(key: segment.footer.hashKey)
    return TagCondition(search.predicate, hash) { part in
      let decisions = Self.decisions(part, contents)
      let scopes = decisions.indices.filter { decisions[$0] == true }
      if scopes.isEmpty { return .never }
      if scopes.count > Self.askedScopeCountMax { return .always }
      return .anyTag(scopes.map { hash.tag(scope: UInt32($0)) })
    } rowGroups: { traceID in
      .rowGroups(segment.layout.rowGroups(of: TraceIDHash(key: segment.footer.hashKey).hash(of: traceID)))
    }
  }

  // MARK: Rows

  func makeReader() -> RowGroupReader { RowGroupReader(contents.dictionary) }

  /// Takes what is wanted of a row group.
  ///
  /// - Returns: spans that were put together for it.
  func read(_ group: Int, _ reader: RowGroupReader, into newest: inout NewestSpans) throws(StoreError)
    -> UInt64
  {
    try segment.open(rowGroup: group, in: reader)
    var spanCount: UInt64 = 0
    do throws(FormatError) {
      for trace in 0..<reader.traceCount {
        let traceID = reader.traceID(trace)
        if search.predicate.isDecided(by: traceID) == false { continue }
        let hiddenEnd = tombstones.hiddenEnd(of: traceID, tenant: segment.footer.tenant)
        for number in reader.rows(ofTrace: trace) {
          let row = reader.row(number, ofTrace: traceID)
          guard try isWanted(row, hiddenEnd, newest) else { continue }
          try reader.begin(number..<number + 1)
          take(row, try reader.next(row), into: &newest)
          spanCount += 1
        }
      }
    } catch {
      throw segment.damage(ofRowGroup: group, error)
    }
    return spanCount
  }

  private func isWanted(_ row: RowGroupReader.Row, _ hiddenEnd: RecordSequence, _ newest: NewestSpans)
    throws(FormatError) -> Bool
  {
    guard search.starts.contains(row.start), !newest.isBehindLast(row.start) else { return false }
    guard Int(row.scope) < contents.scopes.count, Int(row.record) < contents.records.count else {
      throw .field("scope or record number")
    }
    return contents.records[Int(row.record)].sequence >= hiddenEnd && decisions[Int(row.scope)] != false
  }

  private func take(
    _ row: RowGroupReader.Row, _ span: UnsafeRawBufferPointer, into newest: inout NewestSpans
  ) {
    let scope = contents.scopes[Int(row.scope)]
    contents.resources[scope.resource].withUnsafeBytes { resource in
      scope.bytes.withUnsafeBytes { scope in
        let found = WireSpan(span: span, resource: resource, scope: scope)
        if search.predicate.matches(found) { newest.add(row.traceID, found, resource, scope) }
      }
    }
  }
}
