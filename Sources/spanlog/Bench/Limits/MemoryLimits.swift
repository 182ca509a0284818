import SpanWire

/// How fast one core copies, checksums and scans the bytes of requests.
struct MemoryLimits {
  /// Far more than any cache holds.
  private static let coldByteCount = 256 << 20
  private static let checksumByteCounts = [400, RecordLayout.pageByteCount, 217 << 10]
  /// Bytes checksummed in a step, so that looking at the clock does not count.
  private static let stepByteCount = 4 << 20

  let requests: [[UInt8]]
  let duration: Duration

  func rows() throws -> [LimitRow] {
    [copyRow()] + Self.checksumByteCounts.map(checksumRow) + [try scanRow()]
  }

  /// A request from the caches to memory that was touched long ago.
  private func copyRow() -> LimitRow {
    let request = requests[0]
    let byteCount = min(request.count, Self.coldByteCount)
    let cold = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.coldByteCount, alignment: 4096)
    defer { cold.deallocate() }
    cold.initializeMemory(as: UInt8.self, repeating: 1)
    var position = 0
    let loop = TimedLoop(for: duration) {
      if position + byteCount > cold.count { position = 0 }
      request.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: cold[position..<position + byteCount])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
      }
      position += byteCount
    }
    return .bytesPerSecond("memcpy_cold", "memcpy of a request to cold memory", byteCount: byteCount, loop)
  }

  private func checksumRow(_ byteCount: Int) -> LimitRow {
    let bytes = [UInt8](repeating: 0x5a, count: byteCount)
    let count = max(1, Self.stepByteCount / byteCount)
    var checksum: UInt32 = 0
    let loop = TimedLoop(for: duration) {
      bytes.withUnsafeBytes { bytes in
        for _ in 0..<count { checksum ^= CRC32C.checksum(bytes, continuing: checksum) }
      }
    }
    // So that the loop has a result.
    withExtendedLifetime(checksum) {}
    return .bytesPerSecond(
      "crc32c_\(byteCount)", "CRC-32C of \(byteCount) bytes", byteCount: byteCount * count, loop)
  }

  private func scanRow() throws -> LimitRow {
    var batch = SpanBatch()
    // Once untimed: to warm the caches, and to tell whether two builds find the same.
    var hash = ScanHash()
    for request in requests {
      try request.withUnsafeBytes { try batch.scan($0) }
      hash.add(batch)
    }
    let loop = try TimedLoop(for: duration) {
      for request in requests { try request.withUnsafeBytes { try batch.scan($0) } }
    }
    return LimitRow(
      name: "scan", title: "OTLP scanner", value: loop.median / Double(hash.spanCount), unit: "ns per span",
      resultHash: hash.text)
  }
}
