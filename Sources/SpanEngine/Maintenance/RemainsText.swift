package import SpanModel

/// What `verify --deleted` prints.
package enum RemainsText {
  package static func lines(_ remains: TraceRemains, of traceID: TraceID) -> [String] {
    var lines = remains.places.map { "\($0.file): \($0.what) at position \($0.position)" }
    if remains.placeCount > UInt64(lines.count) {
      lines.append("\(remains.placeCount - UInt64(lines.count)) more places")
    }
    lines += remains.damages.map { "what is damaged may hold it: \($0)" }
    let searched = "\(remains.fileCount) files, \(remains.byteCount) bytes"
    let verdict =
      if remains.placeCount > 0 {
        "held: trace \(traceID) is in \(remains.placeCount) place\(remains.placeCount == 1 ? "" : "s")"
      } else if remains.damages.isEmpty {
        "gone: no file holds trace \(traceID)"
      } else {
        "not proven: trace \(traceID) was not found, and not all could be read"
      }
    let links =
      remains.linkCount > 0
      ? "; \(remains.linkCount) span\(remains.linkCount == 1 ? "" : "s") of other traces link to it" : ""
    return lines + ["\(verdict): \(searched)\(links)"]
  }
}
