internal import SpanModel
internal import SpanWire

/// The summaries of one log segment, which grow with it: made by whoever searches, never by whoever writes.
final class SegmentSummary: @unchecked Sendable {
  /// Bytes of the segment in a piece, but for a last record that is larger.
  private static let pieceByteCount: UInt64 = 16 << 20
  /// A run of records ends with the one that makes it larger than this: requests of ordinary size stand for
  /// themselves, and small ones share a filter.
  private static let runSpanCount = 512
  private static let runByteCount: UInt64 = 256 << 10

  private let segment: Segment
  private let hash: TagHash
  private let lock = Lock()
  // SAFETY: all below is only touched under `lock`.
  private var steps: FrameSteps
  private var isWalked = false
  private var reader = RecordReader()
  private var pieces: [SummaryPiece] = [SummaryPiece()]
  private var pieceStart: UInt64 = 0
  private var damage: StoreError?
  /// Of the run that is not ended.
  private var tags = TagCollector()
  private var runSpanCount = 0
  private var runByteCount: UInt64 = 0
  private var runStarts: (first: UInt64, last: UInt64) = (.max, 0)

  init(_ segment: Segment, _ hash: TagHash) {
    self.segment = segment
    self.hash = hash
    steps = FrameSteps(segment)
  }

  deinit { tags.deallocate() }

  /// All that is durable now.
  ///
  /// - Returns: with what could not be read, if there is such: it is not in the pieces.
  /// - Throws: what kept it from being read; it is read again by the next search.
  func current() throws(StoreError) -> (pieces: [SummaryPiece], damage: StoreError?, byteCount: Int) {
    try lock.withLock { () throws(StoreError) in
      // Only the pieces are kept: a request may be large, and so is what it was read into.
      defer { letGo() }
      do throws(StoreError) {
        if segment.damages.isEmpty { try extend() } else { try walkAll() }
      } catch {
        beginAgain()
        throw error
      }
      return (pieces, damage, pieces.reduce(0) { $0 + $1.byteCount })
    }
  }

  private func letGo() {
    reader = RecordReader()
    tags.deallocate()
    tags = TagCollector()
  }

  /// Forgets all: what was passed over when it failed would be missed from then on.
  private func beginAgain() {
    steps = FrameSteps(segment)
    pieces = [SummaryPiece()]
    pieceStart = 0
    damage = nil
    (runSpanCount, runByteCount, runStarts) = (0, 0, (.max, 0))
  }

  private func extend() throws(StoreError) {
    while let frame = try noting({ () throws(StoreError) in try steps.next() }) {
      var position = frame.firstRecord
      for _ in 0..<frame.recordCount {
        let known = try noting { () throws(StoreError) -> UInt64? in
          try reader.open(segment, at: position)
          return reader.header.map { UInt64(RecordLayout(of: $0, at: position).byteCount) }
        }
        guard let byteCount = known else { break }
        try add(position, byteCount)
        position += byteCount
      }
    }
    endRun()
  }

  /// A segment with damage is walked as recovery walks it: past what cannot be read.
  private func walkAll() throws(StoreError) {
    if isWalked { return }
    var walk = try RecordWalk(segment)
    while let place = try walk.next() {
      let known: Void? = try noting { () throws(StoreError) in try reader.open(segment, at: place.position) }
      if known != nil {
        try add(place.position, UInt64(RecordLayout(of: place.header, at: place.position).byteCount))
      }
    }
    if let first = walk.damages.first { damage = damage ?? .corrupt(first) }
    endRun()
    isWalked = true
  }

  /// Notes damage; then what `body` would have found is not there.
  private func noting<Value>(_ body: () throws(StoreError) -> Value?) throws(StoreError) -> Value? {
    do throws(StoreError) { return try body() } catch {
      guard case .corrupt = error else { throw error }
      damage = damage ?? error
      return nil
    }
  }

  // MARK: Records

  /// Adds the record that the reader is at.
  private func add(_ position: UInt64, _ byteCount: UInt64) throws(StoreError) {
    guard let header = reader.header, header.kind == .request else { return }
    if position - pieceStart >= Self.pieceByteCount, pieces[pieces.count - 1].spanCount + runSpanCount > 0 {
      endRun()
      pieces.append(SummaryPiece())
      pieceStart = position
    }
    try addTags(header)
    pieces[pieces.count - 1].add(record: position)
    runSpanCount += Int(header.counts.spans)
    runByteCount += byteCount
    if runSpanCount >= Self.runSpanCount || runByteCount >= Self.runByteCount { endRun() }
  }

  private func addTags(_ header: RecordHeader) throws(StoreError) {
    var envelopes = RecordEnvelopes()
    var seenScopes = [Bool](repeating: false, count: Int(header.counts.scopes))
    for number in 0..<header.counts.spans {
      // A span that cannot be read is in no filter, and the damage is told to whoever searches.
      let _: Void? = try noting { () throws(StoreError) in
        let span = try reader.span(number)
        let scope = Int(span.scope)
        // One that is not there is told by whoever loads it.
        if scope >= seenScopes.count || !seenScopes[scope] {
          try envelopes.load(scope: span.scope, from: &reader)
          seenScopes[scope] = true
          addTags(of: envelopes)
        }
        try addTags(of: span, bodyByteCount: Int(header.bodyByteCount))
      }
    }
  }

  private func addTags(of envelopes: RecordEnvelopes) {
    envelopes.resource.withUnsafeBytes { resource in
      envelopes.scope.withUnsafeBytes { scope in
        hash.forEachTag(ofResource: resource, scope: scope) { tags.add($0) }
      }
    }
  }

  private func addTags(of span: DirectorySpan, bodyByteCount: Int) throws(StoreError) {
    let hash = hash
    var collected = tags
    var start: UInt64 = 0
    try reader.withBody(span.slice, through: bodyByteCount) { bytes in
      start = hash.forEachTag(of: bytes) { collected.add($0) }.start
    }
    tags = collected
    runStarts = (min(runStarts.first, start), max(runStarts.last, start))
  }

  private func endRun() {
    guard runSpanCount > 0 else { return }
    pieces[pieces.count - 1].endRun(
      &tags, spanCount: runSpanCount, starts: min(runStarts.first, runStarts.last)...runStarts.last)
    (runSpanCount, runByteCount, runStarts) = (0, 0, (.max, 0))
  }
}
