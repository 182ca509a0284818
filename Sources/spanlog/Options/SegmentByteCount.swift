import ArgumentParser

/// Sizes of active segments that `--segment-bytes` takes.
enum SegmentByteCount {
  private static let min = 1 << 20
  /// The engine takes more, but retention drops whole segments, and each lane has written two of them with
  /// zeroes ahead.
  private static let max = 2 << 30
  private static let unit = 4096

  static func check(_ byteCount: Int) throws {
    if byteCount < min {
      throw ValidationError("--segment-bytes: \(byteCount) is too small, at least \(min) is required")
    }
    if byteCount > max {
      throw ValidationError("--segment-bytes: \(byteCount) is too large, at most \(max) is allowed")
    }
    if byteCount % unit != 0 {
      let next = (byteCount / unit + 1) * unit
      throw ValidationError("--segment-bytes: \(byteCount) is no multiple of \(unit), \(next) is")
    }
  }
}
