import SpanEngine
import SpanNet

/// How the memory a server may hold is shared out.
///
/// First what lanes need however little comes: the tables of segments that are written to, will be, or wait
/// for their index files, and 4 MiB to put frames together; and what sealing takes. Of the rest, so many
/// sixteenths: 5 for requests that arrive and until they are answered, 4 for the queue of those that wait for
/// a commit (the directories made for them; of their bodies, only those of a retry that comes in between), 3
/// for answers to reads, 1 for pages of indexes, 1 for contents of sealed segments, 1 for buffers that are
/// kept for the next request, 1 for connections and the process itself.
struct MemoryPlan: Equatable {
  static let byteCountDefault = 512 << 20
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
  /// Spans of a file that is sealed: one of the default size takes two passes.
  private static let sealedSpansByteCount = 64 << 20
  /// What else sealing takes: where these spans are, the dictionary and its tables, a row group.
  private static let sealingByteCount = 32 << 20

  let arrivingByteCountMax: Int
  let queueByteCountMax: Int
  let streamCountMax: Int
  let indexCacheByteCount: Int
  let sealedCacheByteCount: Int
  let keptBufferByteCount: Int

  init(byteCount: Int, laneCount: Int, segmentByteCount: Int) {
    let lanes = Self.laneByteCount(laneCount, segmentByteCount)
    precondition(byteCount > lanes, "less memory than the lanes need")
    let share = (byteCount - lanes) / Self.sharesPerWhole
    arrivingByteCountMax = 5 * share
    queueByteCountMax = 4 * share
    streamCountMax = 3 * share / Self.streamByteCount
    indexCacheByteCount = share
    sealedCacheByteCount = share
    keptBufferByteCount = share
  }

  static func byteCountMin(laneCount: Int, segmentByteCount: Int) -> Int {
    max(leastByteCount, sharedByteCountMin + laneByteCount(laneCount, segmentByteCount))
  }

  private static func laneByteCount(_ laneCount: Int, _ segmentByteCount: Int) -> Int {
    StoreOptions.indexTablesByteCountMax(segmentByteCount: segmentByteCount, laneCount: laneCount)
      + laneCount * stagingByteCount + sealedSpansByteCount + sealingByteCount
  }

  func apply(to options: inout StoreOptions) {
    options.queueByteCountMax = queueByteCountMax
    options.indexCacheByteCount = indexCacheByteCount
    options.sealedCacheByteCount = sealedCacheByteCount
    options.sealedSpansByteCount = Self.sealedSpansByteCount
    options.keptBufferByteCount = keptBufferByteCount
  }

  func apply(to limits: inout NetLimits) {
    limits.budgetByteCountMax = arrivingByteCountMax
    limits.doorStreamCountMax = streamCountMax
  }
}
