package import SpanModel
internal import SpanWire

/// What reading every byte of a data directory showed.
package struct StoreVerification: Sendable {
  package struct File: Sendable {
    package let name: String
    package let byteCount: UInt64
    /// Where the last frame ends.
    package let end: UInt64
    package let frameCount: UInt64
    package let requestCount: UInt64
    package let spanCount: UInt64
    package let tombstoneCount: Int
    /// It ends with a closing frame.
    package let isClosed: Bool
    /// Where a frame begins that a crash left unfinished: normal, and nothing of it was acked.
    package let tornAt: UInt64?
  }

  package internal(set) var files: [File] = []
  package internal(set) var damages: [Damage] = []
  /// Traces that a damaged page is known to touch, at most `affectedTraceCountMax`.
  package internal(set) var affectedTraces: [TraceID] = []
  package static let affectedTraceCountMax = 1000

  package var requestCount: UInt64 { files.reduce(0) { $0 + $1.requestCount } }
  package var spanCount: UInt64 { files.reduce(0) { $0 + $1.spanCount } }
  package var isWhole: Bool { damages.isEmpty }
}

extension StoreVerification {
  /// Reads and checks every frame, record and page of a store that no process has open, and holds each
  /// record's directory against its body. Changes nothing.
  ///
  /// - Throws: when it could not run; damage is no error here but the result.
  package static func verify(directory: String, platform: any Platform = LinuxPlatform()) throws(StoreError)
    -> StoreVerification
  {
    let opening = try StoreOpening.readOnly(directory, platform: platform)
    var verification = StoreVerification()
    var recovery = StoreRecovery(opening, .left)
    recovery.onRecord = { (record, scan) throws(FileError) in
      try DirectoryCheck(hashKey: opening.identity.hashKey, scan: scan).check(record, &verification)
    }
    let indexCheck = IndexCheck(directory: opening.directory)
    recovery.onWalked = { (file, segment) throws(FileError) in
      verification.take(file, segment)
      if let damage = try indexCheck.damage(of: file, segment) { verification.damages.append(damage) }
    }
    try recovery.run(givesBackSpace: false)
    verification.files.sort { $0.name < $1.name }
    verification.damages += recovery.damages + recovery.ledger.damages
    do {
      if let damage = try opening.identityDamage() { verification.damages.append(damage) }
    } catch {
      throw .file(error)
    }
    withExtendedLifetime(opening.lock) {}
    return verification
  }

  private mutating func take(_ file: SegmentFile, _ segment: SegmentRecovery) {
    files.append(
      File(
        name: file.name, byteCount: segment.fileByteCount, end: segment.summary.end,
        frameCount: segment.summary.frameCount, requestCount: segment.summary.requestCount,
        spanCount: segment.summary.spanCount, tombstoneCount: segment.summary.tombstones.count,
        isClosed: segment.summary.isClosed, tornAt: segment.tornAt))
  }
}
