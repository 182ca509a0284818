/// What an offline compaction did, or would do.
package struct CompactionReport: Sendable {
  /// Files and bytes of segments, indexes and all, before and after.
  package struct Extent: Equatable, Sendable {
    package var fileCount = 0
    package var byteCount: UInt64 = 0
  }

  package internal(set) var before = Extent()
  package internal(set) var after = Extent()
  /// Log segments that were sealed first.
  package internal(set) var sealedLogCount = 0
  /// Sealed segments that went into others, and those that came of them.
  package internal(set) var inputCount = 0
  package internal(set) var outputCount = 0
  package internal(set) var tally = CompactionTally()
  /// Files that stay as they are because something in them is damaged.
  package internal(set) var damages: [Damage] = []

  package init() {}
}
