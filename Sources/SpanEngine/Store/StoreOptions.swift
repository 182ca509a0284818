package import SpanModel

/// How a store is opened for writing.
package struct StoreOptions: Sendable {
  /// The data directory; made when its parent exists.
  package var directory: String
  /// Bytes of an active segment; a multiple of 4096 of at least `segmentByteCountMin`.
  package var segmentByteCount = 128 << 20
  package var durability: Durability = .sync
  /// Bytes of requests that may wait for a commit before more are refused as busy.
  package var queueByteCountMax = 128 << 20
  /// Bytes after which a frame takes no further record: what waits longer goes into the next.
  package var frameByteCountMax = 8 << 20
  /// How long a lane is idle before it writes a witness frame.
  package var witnessDelay: Duration = .milliseconds(50)
  /// Told what happens, on whatever thread it happens on.
  package var onEvent: (@Sendable (StoreEvent) -> Void)?

  /// Less holds too few requests of ordinary size; tests use it.
  package static let segmentByteCountMin = 64 << 10

  package init(directory: String) { self.directory = directory }

  /// Slots of an active segment's index: at three quarters, one trace for every 683 bytes.
  var indexSlotCount: Int { TraceIndex.slotCount(forTraces: segmentByteCount / 1024) }
  /// Entries of an active segment's index: one (trace, request) for every 256 bytes.
  var indexEntryCount: Int { segmentByteCount / 256 }
}
