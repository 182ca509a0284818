import SpanClient

/// What `stats` tells of a server: its counters, which know of no services and no arrivals.
struct ServerStatsReport: BenchReport {
  var server: String
  var durability: String
  /// Those that are stored, as with requests.
  var spans: UInt64
  var requests: UInt64
  /// Those in files that were retired meanwhile included.
  var acceptedSpans: UInt64
  var rejectedSpans: UInt64
  /// Counted once for each file they are in; those of retired files are not among them.
  var indexedTraces: UInt64
  /// Of the frames in all files.
  var bytes: UInt64
  /// `nil` when there are none.
  var bytesPerSpan: Double?
  var activeFiles: UInt64
  var fullFiles: UInt64
  /// Since it started.
  var retiredFiles: UInt64
  /// Deletions in force, those since it started, and spans refused because their trace was deleted.
  var tombstones: UInt64
  var deletions: UInt64
  var heldSpans: UInt64
  /// Of the retired files those that were too old.
  var agedFiles: UInt64
  /// Sealed files that were rewritten since it started, and what was left out; then what is still to be done.
  var compactedFiles: UInt64
  var compactionReadBytes: UInt64
  var compactionWrittenBytes: UInt64
  var copiesDropped: UInt64
  var deletedSpansDropped: UInt64
  var oldSpansDropped: UInt64
  var spansDroppedByRules: UInt64
  var filesToMerge: UInt64
  var bytesToMerge: UInt64
  var filesToSeal: UInt64
  var bytesToSeal: UInt64
  var lanes: UInt64
  var commits: UInt64
  var syncs: UInt64
  var queuedBytes: UInt64
  var indexBytes: UInt64
  var damages: UInt64
  var damagedBytes: UInt64
  var sealedFiles: UInt64
  var sealedBytes: UInt64
  var sealedSpans: UInt64
  var sealedBytesPerSpan: Double?
  var openConnections: UInt64
  var acceptedConnections: UInt64
  var refusedConnections: UInt64
  var receivedRequests: UInt64
  var failedRequests: UInt64
  var receivedBytes: UInt64
  var sentBytes: UInt64
  var heldBytes: UInt64
  var openStreams: UInt64

  init(of server: String, _ statistics: ServerStatistics) {
    self.server = server
    durability = statistics.durability
    spans = statistics.storedSpanCount
    acceptedSpans = statistics.acceptedSpanCount
    rejectedSpans = statistics.rejectedSpanCount
    requests = statistics.storedRequestCount
    indexedTraces = statistics.indexedTraceCount
    bytes = statistics.storedByteCount
    retiredFiles = statistics.retiredSegmentCount
    bytesPerSpan = spans > 0 ? Double(bytes) / Double(spans) : nil
    activeFiles = statistics.activeSegmentCount
    fullFiles = statistics.fullSegmentCount
    sealedFiles = statistics.sealedSegmentCount
    sealedBytes = statistics.sealedByteCount
    sealedSpans = statistics.sealedSpanCount
    sealedBytesPerSpan = sealedSpans > 0 ? Double(sealedBytes) / Double(sealedSpans) : nil
    tombstones = statistics.tombstoneCount
    deletions = statistics.deletionCount
    heldSpans = statistics.heldSpanCount
    agedFiles = statistics.agedSegmentCount
    compactedFiles = statistics.compactedSegmentCount
    compactionReadBytes = statistics.compactionReadByteCount
    compactionWrittenBytes = statistics.compactionWrittenByteCount
    copiesDropped = statistics.droppedCopyCount
    deletedSpansDropped = statistics.droppedDeletedSpanCount
    oldSpansDropped = statistics.droppedOldSpanCount
    spansDroppedByRules = statistics.droppedJudgedSpanCount
    filesToMerge = statistics.compactionDebtSegmentCount
    bytesToMerge = statistics.compactionDebtByteCount
    filesToSeal = statistics.sealDebtSegmentCount
    bytesToSeal = statistics.sealDebtByteCount
    lanes = statistics.laneCount
    commits = statistics.commitCount
    syncs = statistics.syncCount
    queuedBytes = statistics.queuedByteCount
    indexBytes = statistics.indexByteCount
    damages = statistics.damageCount
    damagedBytes = statistics.damagedByteCount
    openConnections = statistics.openConnectionCount
    acceptedConnections = statistics.acceptedConnectionCount
    refusedConnections = statistics.refusedConnectionCount
    receivedRequests = statistics.receivedRequestCount
    failedRequests = statistics.failedRequestCount
    receivedBytes = statistics.receivedByteCount
    sentBytes = statistics.sentByteCount
    heldBytes = statistics.heldByteCount
    openStreams = statistics.openStreamCount
  }

  var rows: [(name: String, value: String)] {
    [
      ("server", "\(server), durability \(durability), \(lanes) lane\(lanes == 1 ? "" : "s")"),
      ("spans", "\(spans) stored; \(acceptedSpans) accepted and \(rejectedSpans) rejected in all"),
      ("requests", "\(requests) stored"),
      ("traces", "\(indexedTraces), once for each file they are in"),
      ("files", "\(fullFiles) full, \(activeFiles) active, \(bytes) bytes"),
      (
        "sealed",
        sealedBytesPerSpan.map {
          "\(sealedFiles) files, \(sealedBytes) bytes, \(sealedSpans) spans: \(FigureText.short($0)) bytes per span"
        } ?? "nothing yet"
      ),
      ("to be sealed", "\(filesToSeal) files, \(bytesToSeal) bytes"),
      (
        "compacted",
        "\(compactedFiles) files since it started, \(compactionReadBytes) bytes into \(compactionWrittenBytes)"
      ),
      (
        "dropped then",
        "\(copiesDropped) copies, \(deletedSpansDropped) deleted spans, \(oldSpansDropped) too old, "
          + "\(spansDroppedByRules) kept by no rule"
      ),
      ("to be merged", "\(filesToMerge) files, \(bytesToMerge) bytes"),
      ("retired", "\(retiredFiles) files since it started, \(agedFiles) because of their age"),
      (
        "deleted",
        "\(tombstones) traces of which spans may be in the files; \(deletions) deletions and "
          + "\(heldSpans) later spans refused since it started"
      ),
      ("bytes per span", bytesPerSpan.map(FigureText.short) ?? "none"),
      ("index", "\(indexBytes) bytes"), ("commits", "\(commits), \(syncs) syncs since it started"),
      ("queued", "\(queuedBytes) bytes"), ("held", "\(heldBytes) bytes for requests"),
      (
        "connections",
        "\(openConnections) open, \(acceptedConnections) accepted, \(refusedConnections) refused"
      ),
      ("calls", "\(receivedRequests) received, \(failedRequests) failed, \(openStreams) streams open"),
      ("network", "\(receivedBytes) bytes received, \(sentBytes) sent"),
      ("damages", damages == 0 ? "none" : "\(damages), \(damagedBytes) bytes: see its log"),
    ]
  }
}
