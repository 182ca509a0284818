internal import SpanModel
internal import SpanWire

/// The directory that a record's body must have.
struct RebuiltDirectory {
  let counts: DirectoryCounts
  let rejectedSpanCount: Int
  let bytes: [UInt8]

  /// - Returns: `nil` when the body is no request.
  init?(of body: [UInt8], hashKey: HashKey) {
    var batch = SpanBatch()
    var isScanned = true
    body.withUnsafeBytes { body in
      do throws(WireError) { try batch.scan(body) } catch { isScanned = false }
    }
    guard isScanned else { return nil }
    var builder = DirectoryBuilder(hashKey: hashKey)
    let counts = builder.group(batch)
    var bytes = [UInt8](repeating: 0, count: counts.directoryByteCount)
    bytes.withUnsafeMutableBytes { bytes in
      if let start = bytes.baseAddress { builder.encode(batch, counts: counts, to: start) }
    }
    self.counts = counts
    rejectedSpanCount = batch.rejectedSpanCount
    self.bytes = bytes
  }

  var traceIDs: [TraceID] {
    bytes.withUnsafeBytes { bytes in
      // SAFETY: the directory begins with an entry for each trace.
      (0..<Int(counts.traces)).map {
        DirectoryTrace(decoding: bytes.baseAddress! + $0 * DirectoryCounts.traceByteCount).traceID
      }
    }
  }
}
