import SpanEngine
import SpanNet

/// How the memory a server may hold is shared out.
///
/// First what lanes need however little comes: the tables of segments that are written to, will be, or wait
/// for their index files, and 4 MiB to put frames together; and what sealing takes. Of the rest, so many
/// sixteenths: 5 for requests that arrive and until they are answered, 4 for the queue of those that wait for
/// a commit (the directories made for them; of their bodies, only those of a retry that comes in between), 3
/// for answers to reads, half of one for pages of indexes and half for what searches know of segments that
/// are not sealed, 1 for contents of sealed segments, 1 for buffers that are
/// kept for the next request, 1 for connections and the process itself.
struct MemoryPlan: Equatable {
  /// Two segments of the default size are then sealed at a time, each read once.
  static let byteCountDefault = 704 << 20
  /// Below that the largest request would not fit its share.
  private static let sharedByteCountMin = 224 << 20
  private static let leastByteCount = 256 << 20
  private static let sharesPerWhole = 16

  /// What a stream of an answer may hold between two turns of reading, its trace being huge: 2 MiB of hashes
  /// that tell equal spans (65,536 of 16 bytes, in a table of twice as many places), 2 MiB that its chunk was
  /// put together in (the spans of a scope, and of a resource), 0.5 MiB read ahead, and 1 MiB of frames that
  /// the kernel has not taken. The chunk itself, and the smaller table while it grows, are there only in a
  /// turn, and two threads take turns.
  private static let streamByteCount = 6 << 20
  private static let stagingByteCount = 4 << 20

  /// How segments are sealed.
  struct Sealing: Equatable {
    /// What else a thread takes: where the spans are, the dictionary and its tables, a row group.
    private static let workingByteCount = 32 << 20
    /// Spans of a file that is read by turns: one of the default size takes two passes.
    private static let turnByteCount = 64 << 20

    let threadCount: Int
    /// Of the file, or of its spans that are held at once.
    let heldByteCount: Int

    var byteCount: Int { threadCount * (heldByteCount + Self.workingByteCount) }

    static func least(segmentByteCount: Int) -> Sealing {
      Sealing(threadCount: 1, heldByteCount: min(segmentByteCount, turnByteCount))
    }

    /// The fastest that takes no more than `byteCountMax`, if any does.
    static func fastest(segmentByteCount: Int, byteCountMax: Int) -> Sealing {
      for threadCount in [2, 1] {
        let sealing = Sealing(threadCount: threadCount, heldByteCount: segmentByteCount)
        if sealing.byteCount <= byteCountMax { return sealing }
      }
      return least(segmentByteCount: segmentByteCount)
    }
  }

  let arrivingByteCountMax: Int
  let queueByteCountMax: Int
  let streamCountMax: Int
  let indexCacheByteCount: Int
  let summaryByteCount: Int
  let sealedCacheByteCount: Int
  let keptBufferByteCount: Int
  let sealing: Sealing

  init(byteCount: Int, laneCount: Int, segmentByteCount: Int) {
    let lanes = Self.laneByteCount(laneCount, segmentByteCount)
    sealing = .fastest(
      segmentByteCount: segmentByteCount, byteCountMax: byteCount - lanes - Self.sharedByteCountMin)
    precondition(byteCount > lanes + sealing.byteCount, "less memory than lanes and sealing need")
    let share = (byteCount - lanes - sealing.byteCount) / Self.sharesPerWhole
    arrivingByteCountMax = 5 * share
    queueByteCountMax = 4 * share
    streamCountMax = 3 * share / Self.streamByteCount
    indexCacheByteCount = share / 2
    summaryByteCount = share / 2
    sealedCacheByteCount = share
    keptBufferByteCount = share
  }

  static func byteCountMin(laneCount: Int, segmentByteCount: Int) -> Int {
    max(
      leastByteCount,
      sharedByteCountMin + laneByteCount(laneCount, segmentByteCount)
        + Sealing.least(segmentByteCount: segmentByteCount).byteCount)
  }

  private static func laneByteCount(_ laneCount: Int, _ segmentByteCount: Int) -> Int {
    StoreOptions.indexTablesByteCountMax(segmentByteCount: segmentByteCount, laneCount: laneCount)
      + laneCount * stagingByteCount
  }

  func apply(to options: inout StoreOptions) {
    options.queueByteCountMax = queueByteCountMax
    options.indexCacheByteCount = indexCacheByteCount
    options.summaryByteCount = summaryByteCount
    options.sealedCacheByteCount = sealedCacheByteCount
    options.sealedSpansByteCount = sealing.heldByteCount
    options.sealThreadCount = sealing.threadCount
    options.keptBufferByteCount = keptBufferByteCount
  }

  func apply(to limits: inout NetLimits) {
    limits.budgetByteCountMax = arrivingByteCountMax
    limits.doorStreamCountMax = streamCountMax
  }
}
