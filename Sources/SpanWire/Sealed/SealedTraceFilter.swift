/// Whether a sealed segment may hold a trace: what its section `traceFilter` says, about nine bits for each.
///
/// Without the section, which is optional, every segment may.
package struct SealedTraceFilter: Sendable {
  private let filter: FuseFilter
  private let bytes: [UInt8]

  /// - Parameter raw: the uncompressed section.
  package init(decoding raw: [UInt8]) throws(FormatError) {
    filter = try raw.withFormatBytes { raw throws(FormatError) in try FuseFilter(decoding: raw) }
    guard filter.byteCount == raw.count else { throw .field("trace filter") }
    bytes = raw
  }

  /// Memory it takes.
  package var byteCount: Int { bytes.count }

  /// Different hashes that it was built of.
  package var keyCount: Int { filter.keyCount }

  /// Whether a trace of this hash may be in the segment; "no" is certain, "maybe" is wrong once in 256 times.
  package func mayContain(_ hash: UInt64) -> Bool {
    bytes.withUnsafeBytes { filter.mayContain(hash, in: $0) }
  }
}
