internal import SpanModel

/// Keeps a compaction to so many bytes a second, and ends it when the store is being closed.
protocol CompactionPace: AnyObject {
  /// Waits until so many bytes more may be read or written.
  ///
  /// - Throws: `.stopped` when it is to end.
  func take(_ byteCount: Int) throws(StoreError)
}

/// Of tools, which have the machine for themselves.
final class UnlimitedPace: CompactionPace {
  func take(_ byteCount: Int) {}
}
