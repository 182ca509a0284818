package import SpanModel
package import SpanWire

/// What the bytes of one sealed segment are, and whose spans are in it.
package struct SealedSurvey: Sendable {
  /// Spans of one resource.
  package struct Share: Sendable {
    package let resource: [UInt8]
    package fileprivate(set) var spanCount: UInt64 = 0
    /// Of spans as they came.
    package fileprivate(set) var rawByteCount: UInt64 = 0
  }

  package let footer: SealedFooter
  package let fileByteCount: UInt64
  package let sections: [SealedSection]
  /// Of all row groups, as they are stored.
  package private(set) var keyByteCount: UInt64 = 0
  package private(set) var valueByteCount: UInt64 = 0
  /// Bytes of each family of columns in value blocks before these are compressed.
  package private(set) var familyByteCounts: [ColumnKey.Family: UInt64] = [:]
  package private(set) var shares: [Share]
  package let damages: [Damage]

  /// Reads all of a segment; changes nothing.
  ///
  /// - Parameter trace: is told of each trace; of one that goes on in another row group twice.
  package static func survey(
    _ name: String, in directory: String, platform: any Platform = LinuxPlatform(),
    trace: (TraceID) -> Void
  ) throws(StoreError) -> SealedSurvey {
    let lock = try DirectoryLock.shared(in: Directory(directory, on: platform))
    defer { lock.release() }
    let scan = try SealedScan.open(name, in: try SealedInspection.shown(directory, platform))
    do throws(FileError) { return try SealedSurvey(scan, trace: trace) } catch { throw .file(error) }
  }

  private init(_ scan: SealedScan, trace: (TraceID) -> Void) throws(FileError) {
    let parts = try SealedParts(scan)
    footer = scan.footer
    fileByteCount = scan.fileByteCount
    sections = scan.sections
    let scopes = parts.scopes ?? []
    var shares = (parts.resources ?? []).map { Share(resource: $0) }
    let reader = parts.dictionary.map { RowGroupReader($0) }
    let families = parts.dictionary?.columns.map(\.family) ?? []
    var lengths = (keys: UInt64(0), values: UInt64(0))
    var familyByteCounts: [ColumnKey.Family: UInt64] = [:]
    for group in scan.groups.indices {
      var last: TraceID?
      let outcome = try scan.readRows(of: group, in: reader) { (row, span) in
        if last != row.traceID { trace(row.traceID) }
        last = row.traceID
        guard Int(row.scope) < scopes.count, scopes[Int(row.scope)].resource < shares.count else { return }
        shares[scopes[Int(row.scope)].resource].spanCount += 1
        shares[scopes[Int(row.scope)].resource].rawByteCount += UInt64(span.count)
      }
      if let byteCounts = try scan.partByteCounts(ofGroup: group) {
        lengths.keys += byteCounts.keys
        lengths.values += byteCounts.values
      }
      guard case .whole = outcome, let reader else { continue }
      for (column, family) in families.enumerated() where family != .names {
        familyByteCounts[family, default: 0] += UInt64(reader.byteCount(ofColumn: column))
      }
    }
    self.shares = shares
    self.familyByteCounts = familyByteCounts
    (keyByteCount, valueByteCount) = lengths
    damages = scan.damages
  }
}
