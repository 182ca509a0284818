package import SpanModel
internal import SpanWire

/// How a store is opened for writing.
package struct StoreOptions: Sendable {
  /// The data directory; made when its parent exists.
  package var directory: String
  /// Writers, each with a file of its own. A directory may be opened with another number than before.
  package var laneCount = 1
  /// Bytes of an active segment; a multiple of 4096 of at least `segmentByteCountMin`.
  package var segmentByteCount = 128 << 20
  /// Bytes the segments and their indexes may take; past it the oldest full ones go. `nil`: no limit.
  package var retainByteCount: UInt64?
  /// How old the first record of an active segment becomes before the segment is full, so that what a quiet
  /// store holds is sealed too. `nil`: as old as it takes to fill the file.
  package var rollAge: Duration?
  /// How long ago the newest record of a full or sealed segment arrived when the segment goes. `nil`: it
  /// stays.
  package var retainAge: Duration?
  /// Whether full segments are rewritten as sealed ones.
  package var sealsFullSegments = true
  /// Whether small sealed segments are merged into larger ones meanwhile.
  package var compactsSealedSegments = true
  /// Bytes of files that compaction reads and writes each second at the most, while requests come in.
  package var compactionByteRateMax = 64 << 20
  /// Bytes of spans, as they came, that a compacted segment may have: merging is over when it has that many.
  package var compactedByteCountMax: UInt64 = 1 << 30
  package var durability: Durability = .sync
  /// How long after the deletion of a trace later spans of it are refused.
  package var deleteHold: Duration = .zero
  /// Bytes of requests that may wait for a commit, in all lanes together, before more are refused as busy.
  package var queueByteCountMax = 128 << 20
  /// Bytes after which a frame takes no further record: what waits longer goes into the next.
  package var frameByteCountMax = 8 << 20
  /// Pages of the indexes of full segments that are kept in memory.
  package var indexCacheByteCount = 32 << 20
  /// What searches keep of segments that are not sealed: about 3 bytes for each span.
  package var summaryByteCount = 32 << 20
  /// Dictionaries, envelopes and records of sealed segments that are kept in memory.
  package var sealedCacheByteCount = 32 << 20
  /// Bytes of a segment that are held while it is sealed, by each thread that does it; of a larger one its
  /// spans by turns, and it is read several times.
  package var sealedSpansByteCount = 160 << 20
  /// Bytes of spans after which a row group of a sealed segment ends; tests use small ones.
  package var rowGroupByteCount = SegmentEncoder.rowGroupByteCount
  /// Segments that are sealed at the same time.
  package var sealThreadCount = 1
  /// Unused buffers of requests that are kept for the next ones.
  package var keptBufferByteCount = 32 << 20
  /// How long a lane is idle before it writes a witness frame. Not so short that a request every now and then
  /// meets the witness of the one before.
  package var witnessDelay: Duration = .milliseconds(500)
  /// Told what happens, on whatever thread it happens on.
  package var onEvent: (@Sendable (StoreEvent) -> Void)?

  /// Less holds too few requests of ordinary size; tests use it.
  package static let segmentByteCountMin = 64 << 10
  /// A lane has a thread, 4 MiB to put frames together and a share of `indexTablesByteCountMax`.
  package static let laneCountMax = 16
  /// For each lane: its active segment, the next one, one that readers hold, and one to be read.
  package static let retainedSegmentCountMin = 4

  /// Tombstones that may be in force: some 16 MiB of memory. More are refused until compaction or retention
  /// has made do without some.
  package static let tombstoneCountMax = 1 << 17

  package init(directory: String) { self.directory = directory }

  /// Slots of an active segment's index: at three quarters, one trace for every 683 bytes.
  var indexSlotCount: Int { Self.indexSlotCount(segmentByteCount: segmentByteCount) }
  /// Entries of an active segment's index: one (trace, request) for every 256 bytes.
  var indexEntryCount: Int { Self.indexEntryCount(segmentByteCount: segmentByteCount) }

  private static func indexSlotCount(segmentByteCount: Int) -> Int {
    TraceIndex.slotCount(forTraces: segmentByteCount / 1024)
  }

  private static func indexEntryCount(segmentByteCount: Int) -> Int { segmentByteCount / 256 }

  /// Memory that the index of an active segment takes when it is full.
  package static func indexByteCountMax(segmentByteCount: Int) -> Int {
    TraceIndex.byteCount(
      slotCount: indexSlotCount(segmentByteCount: segmentByteCount),
      entryCount: indexEntryCount(segmentByteCount: segmentByteCount))
  }

  /// Memory that all tables of a store take at the most: of each lane, those of its active segment, of the
  /// next one, and of one more that came to wait for the disk when as many waited as may; and those. The copy
  /// of the one that is being written is within that, because the first lane to roll is not over what may
  /// wait. A request that got a file of its own has a table as large as it needs.
  package static func indexTablesByteCountMax(segmentByteCount: Int, laneCount: Int) -> Int {
    let tableCount = 3 * laneCount + IndexBacklog.countMax
    return tableCount * indexByteCountMax(segmentByteCount: segmentByteCount)
  }

  /// Left free on the disk when files are made, for what must go on when it is full: the index of a full
  /// segment, the identity, names. One segment's worth, because its index is a fraction of that.
  var reserveByteCount: UInt64 { UInt64(segmentByteCount) }

  /// Of each active file, kept for tombstones: a trace can be deleted when there is no room for another file.
  var tombstoneReserveByteCount: UInt64 {
    let byteCount = UInt64(min(segmentByteCount / 16, 1 << 20))
    return byteCount - byteCount % FrameHeader.alignment
  }

  /// Bytes that a file made to measure for one request may have: what is left when all full segments went.
  var measuredByteCountMax: UInt64 {
    retainByteCount.map { $0 - UInt64(2 * laneCount * segmentByteCount) } ?? .max
  }

  /// How far apart records may have arrived that compaction brings into one segment: a segment goes when its
  /// newest record is old, and its oldest must not live on much longer for that.
  package static func compactedArrivals(retainAge: Duration) -> Duration { retainAge / 8 }

  /// The least that `retainByteCount` may be.
  package var retainByteCountMin: UInt64 {
    UInt64(laneCount * Self.retainedSegmentCountMin) * UInt64(segmentByteCount)
  }
}
