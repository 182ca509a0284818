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

  package struct SealedFile: Sendable {
    package let name: String
    package let byteCount: UInt64
    package let rowGroupCount: UInt64
    package let traceCount: UInt64
    package let spanCount: UInt64
    package let recordCount: UInt64
  }

  package internal(set) var files: [File] = []
  /// As their footers say; what is there besides is damage.
  package internal(set) var sealedFiles: [SealedFile] = []
  package internal(set) var damages: [Damage] = []
  /// Traces that a damaged page is known to touch, at most `affectedTraceCountMax`.
  package internal(set) var affectedTraces: [TraceID] = []
  package static let affectedTraceCountMax = 1000

  package init() {}

  package var requestCount: UInt64 {
    files.reduce(0) { $0 + $1.requestCount } + sealedFiles.reduce(0) { $0 + $1.recordCount }
  }
  package var spanCount: UInt64 {
    files.reduce(0) { $0 + $1.spanCount } + sealedFiles.reduce(0) { $0 + $1.spanCount }
  }
  package var isWhole: Bool { damages.isEmpty }
}

extension StoreVerification {
  /// Reads and checks every frame, record and page of a store that no process has open, and holds each
  /// record's directory against its body; of sealed segments every section and row group, and holds them
  /// against each other. Changes nothing.
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
    let checked = FileName.parseSealed
    verification.damages +=
      recovery.damages.filter { checked($0.file) == nil } + recovery.ledger.damages + opening.setDamages
    do {
      try verification.checkSealed(opening)
      if let damage = try opening.identityDamage() { verification.damages.append(damage) }
    } catch {
      throw .file(error)
    }
    withExtendedLifetime(opening.lock) {}
    return verification
  }

  private mutating func checkSealed(_ opening: StoreOpening) throws(FileError) {
    for name in try opening.directory.fileNames().sorted() where FileName.parseSealed(name) != nil {
      try checkSealed(name, in: opening.directory, opening.identity)
    }
  }

  mutating func checkSealed(_ name: String, in directory: Directory, _ identity: StoreIdentity)
    throws(FileError)
  {
    let scan: SealedScan
    do { scan = try SealedScan(name, in: directory) } catch {
      switch error {
      case .file(let error): throw error
      case .damaged(let damage): damages.append(damage)
      case .newer(let error): damages.append(.ofSegment(name, 0, error.description))
      }
      return
    }
    if !scan.footer.belongs(to: identity) {
      damages.append(.ofSegment(name, scan.fileByteCount, SealedFooter.strangerReason))
    }
    var check = try SealedCheck(scan)
    try check.run(affectedTraceCountMax: Self.affectedTraceCountMax - affectedTraces.count)
    damages += scan.damages
    affectedTraces += check.affectedTraces
    take(scan)
  }

  private mutating func take(_ scan: SealedScan) {
    let footer = scan.footer
    sealedFiles.append(
      SealedFile(
        name: scan.name, byteCount: scan.fileByteCount, rowGroupCount: footer.rowGroupCount,
        traceCount: footer.traceCount, spanCount: footer.spanCount, recordCount: footer.recordCount))
  }

  mutating func take(_ file: SegmentFile, _ segment: SegmentRecovery) {
    files.append(
      File(
        name: file.name, byteCount: segment.fileByteCount, end: segment.summary.end,
        frameCount: segment.summary.frameCount, requestCount: segment.summary.requestCount,
        spanCount: segment.summary.spanCount, tombstoneCount: segment.summary.tombstones.count,
        isClosed: segment.summary.isClosed, tornAt: segment.tornAt))
  }
}
