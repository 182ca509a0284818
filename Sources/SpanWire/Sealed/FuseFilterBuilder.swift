/// Builds fuse filters, one after another in the same memory: about 30 bytes for each key of the largest.
package struct FuseFilterBuilder {
  // An attempt fails less than every second time: that all of these do does not happen.
  private static let attemptCountMax = 64

  private let attemptCountMax: Int
  private var keys = FuseKeys()
  private var graph = FuseGraph()

  package init() { self.init(attemptCountMax: Self.attemptCountMax) }

  /// With none allowed, every filter says "maybe" of all: for tests of what is left when all fail.
  package init(attemptCountMax: Int) { self.attemptCountMax = attemptCountMax }

  /// Appends to `bytes` the filter of `hashes`.
  ///
  /// Hashes may come twice and in any order: the same set and seed give the same bytes. The seed need not be
  /// secret when the hashes are keyed. Takes time in proportion to the hashes.
  ///
  /// - Precondition: `hashes` are not more than `FuseFilter.keyCountMax`.
  package mutating func build(_ hashes: UnsafeBufferPointer<UInt64>, seed: UInt64, into bytes: inout [UInt8])
  {
    precondition(hashes.count <= FuseFilter.keyCountMax, "no filter holds as many keys")
    for attempt in 0..<attemptCountMax {
      // Mixed, so that neighbouring seeds do not share their attempts.
      let seed = FuseHash.mixed(UInt64(attempt) &* 0x9e37_79b9_7f4a_7c15, seed: seed)
      keys.fill(with: hashes, seed: seed)
      let layout = FuseLayout(keyCount: keys.count)
      let filter = FuseFilter(form: .fingerprints, keyCount: keys.count, seed: seed, layout: layout)
      if append(filter, to: &bytes) { return }
    }
    appendEverything(hashes, seed: seed, to: &bytes)
  }

  /// - Returns: whether the keys could be peeled; if not, nothing was appended.
  private mutating func append(_ filter: FuseFilter, to bytes: inout [UInt8]) -> Bool {
    let isPeeled = keys.withKeys { keys, count in graph.peel(keys, count: count, layout: filter.layout) }
    guard isPeeled else { return false }
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: filter.byteCount))
    bytes.withUnsafeMutableBytes { bytes in
      // SAFETY: a header and a byte for each place were just appended.
      let header = bytes.baseAddress! + start
      filter.encodeHeader(to: header)
      keys.withKeys { keys, count in
        graph.assign(keys, count: count, layout: filter.layout, to: header + FuseFilter.headerByteCount)
      }
    }
    return true
  }

  private mutating func appendEverything(
    _ hashes: UnsafeBufferPointer<UInt64>, seed: UInt64, to bytes: inout [UInt8]
  ) {
    keys.fill(with: hashes, seed: seed)
    let layout = FuseLayout(keyCount: 0)
    let filter = FuseFilter(form: .everything, keyCount: keys.count, seed: seed, layout: layout)
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: filter.byteCount))
    bytes.withUnsafeMutableBytes { bytes in
      // SAFETY: the header was just appended.
      filter.encodeHeader(to: bytes.baseAddress! + start)
    }
  }
}
