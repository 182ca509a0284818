import SpanEngine
import SpanNet

/// How the memory a server may hold is shared out.
///
/// Of 512 MiB, 160 are for requests that arrive, 128 for those that wait for a commit (the same bytes move
/// from one to the other, but a retry may come in between) and 128 for answers to reads. What is left is for
/// the indexes of segments, the connections and the process itself.
struct MemoryPlan: Equatable {
  static let byteCountDefault = 512 << 20
  /// Half the default: below that the largest request would not fit its share.
  static let byteCountMin = 256 << 20

  /// A stream of an answer holds two chunks of about 1 MiB.
  private static let streamByteCount = 2 << 20

  let arrivingByteCountMax: Int
  let queueByteCountMax: Int
  let streamCountMax: Int

  init(byteCount: Int) {
    arrivingByteCountMax = byteCount / 16 * 5
    queueByteCountMax = byteCount / 4
    streamCountMax = byteCount / 4 / Self.streamByteCount
  }

  func apply(to options: inout StoreOptions) { options.queueByteCountMax = queueByteCountMax }

  func apply(to limits: inout NetLimits) {
    limits.budgetByteCountMax = arrivingByteCountMax
    limits.doorStreamCountMax = streamCountMax
  }
}
