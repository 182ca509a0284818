/// What `verify` prints.
package enum VerificationText {
  package static func lines(_ verification: StoreVerification) -> [String] {
    var lines = verification.files.map(line) + verification.sealedFiles.map(line)
    lines += verification.damages.map(line)
    lines += verification.affectedTraces.map { "touched: trace \($0)" }
    let count = verification.damages.count
    lines.append(
      "\(verification.isWhole ? "whole" : "damaged in \(count) place\(count == 1 ? "" : "s")"): "
        + "\(verification.files.count + verification.sealedFiles.count) files, "
        + "\(verification.requestCount) requests, "
        + "\(verification.spanCount) spans")
    return lines
  }

  private static func line(_ file: StoreVerification.File) -> String {
    let ending =
      if let position = file.tornAt {
        "a torn tail at position \(position), which was never acked"
      } else {
        file.isClosed ? "closed" : "not closed"
      }
    let count = file.tombstoneCount
    let tombstones = count == 0 ? "" : "\(count) tombstone\(count == 1 ? "" : "s"), "
    return "\(file.name): \(file.frameCount) frames, \(file.requestCount) requests, \(file.spanCount) spans, "
      + tombstones + "\(file.end) of \(file.byteCount) bytes in use, \(ending)"
  }

  private static func line(_ file: StoreVerification.SealedFile) -> String {
    "\(file.name): \(file.spanCount) spans of \(file.traceCount) traces and \(file.recordCount) requests in "
      + "\(file.rowGroupCount) row groups, \(file.byteCount) bytes, sealed"
  }

  private static func line(_ damage: Damage) -> String {
    "\(damage.file): damaged at position \(damage.position), \(damage.byteCount) bytes: \(damage.reason); "
      + lost(damage.extent)
  }

  private static func lost(_ extent: Damage.Extent) -> String {
    switch extent {
    case .nothing: "nothing is lost"
    case .frames: "all requests in these bytes are lost"
    case .record: "the request is lost"
    case .body: "the spans in these bytes are lost"
    case .tombstone: "a trace that was deleted can be read again"
    case .directory: "some spans of the request cannot be found"
    case .rows: "the spans in these bytes are lost"
    case .section: "what needs this section of the segment cannot be read"
    case .segment: "all spans of this segment are lost"
    }
  }
}
