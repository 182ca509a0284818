internal import CChecksum

package enum Prefetch {
  /// Asks for the cache line at `address`, which need not be valid.
  package static func line(at address: UnsafeRawPointer) { spanlog_prefetch(address) }
}
