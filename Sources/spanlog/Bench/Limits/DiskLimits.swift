import CLinux
import Glibc

/// How fast frames reach stable storage: one after the other, each synced before the next, as a lane does it.
struct DiskLimits {
  /// Frames of a lane with little to do, and with much.
  static let frameByteCounts = [256 << 10, 1 << 20, 2 << 20, 4 << 20]

  private static let pageByteCount = 4096

  /// How the file is written.
  private enum Way: String, CaseIterable {
    case directOverwrite, bufferedOverwrite, directFresh, bufferedFresh

    var isDirect: Bool { self == .directOverwrite || self == .directFresh }
    /// Whether every byte of the file was written and synced before.
    var isOverwrite: Bool { self == .directOverwrite || self == .bufferedOverwrite }

    var title: String {
      (isDirect ? "direct" : "buffered") + (isOverwrite ? ", file written before" : ", fresh file")
    }
  }

  let directory: String
  let fileByteCount: Int
  let duration: Duration

  private var path: String { "\(directory)/spanlog-bench-limits.tmp" }

  /// Makes a file, writes it in all ways, and removes it.
  func rows() throws -> [LimitRow] {
    if mkdir(directory, 0o755) != 0, errno != EEXIST { throw failure("make", directory) }
    defer { unlink(path) }
    let frame = Self.frame()
    defer { frame.deallocate() }
    return try Way.allCases.flatMap { way in
      if way.isOverwrite { try fill(with: frame) }
      return try Self.frameByteCounts.map { try row(way, UnsafeRawBufferPointer(rebasing: frame[..<$0])) }
    }
  }

  private func row(_ way: Way, _ frame: UnsafeRawBufferPointer) throws -> LimitRow {
    let name = "write_\(way.rawValue)_\(frame.count >> 10)KiB"
    let title = "\(frame.count >> 10) KiB frames, \(way.title)"
    if !way.isOverwrite { try makeEmpty() }
    let descriptor = way.isDirect ? spanlog_open_direct(path, O_WRONLY) : open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      // Some file systems have no direct writes.
      if way.isDirect, errno == EINVAL { return LimitRow(name: name, title: title, value: nil, unit: "MB/s") }
      throw failure("open", path)
    }
    defer { close(descriptor) }
    var position = 0
    let loop = try TimedLoop(for: duration) {
      if position + frame.count > fileByteCount {
        position = 0
        if !way.isOverwrite, ftruncate(descriptor, 0) != 0 { throw failure("cut", path) }
      }
      try write(frame, to: descriptor, at: position)
      position += frame.count
    }
    return LimitRow(
      name: name, title: title,
      value: Double(frame.count) * Double(loop.durations.count) / loop.total * 1e3, unit: "MB/s",
      microsecondsP50: loop.median / 1e3, microsecondsP99: loop.quantile(0.99) / 1e3)
  }

  private func write(_ frame: UnsafeRawBufferPointer, to descriptor: CInt, at position: Int) throws {
    var written = 0
    while written < frame.count {
      let rest = UnsafeRawBufferPointer(rebasing: frame[written...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(position + written))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("write", path) }
      written += count
    }
    guard fdatasync(descriptor) == 0 else { throw failure("sync", path) }
  }

  private func makeEmpty() throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("make", path) }
    close(descriptor)
  }

  /// Writes all of the file, so that no later write meets an extent that was never written.
  private func fill(with frame: UnsafeMutableRawBufferPointer) throws {
    try makeEmpty()
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    for position in stride(from: 0, to: fileByteCount, by: frame.count) {
      let count = min(frame.count, fileByteCount - position)
      try write(UnsafeRawBufferPointer(rebasing: frame[..<count]), to: descriptor, at: position)
    }
  }

  /// The longest frame, of bytes that nothing can make shorter.
  private static func frame() -> UnsafeMutableRawBufferPointer {
    let frame = UnsafeMutableRawBufferPointer.allocate(
      byteCount: frameByteCounts.max() ?? 0, alignment: pageByteCount)
    var random = SplitMix(state: 1)
    for position in stride(from: 0, to: frame.count, by: 8) {
      frame.storeBytes(of: random.next(), toByteOffset: position, as: UInt64.self)
    }
    return frame
  }

  private func failure(_ what: String, _ path: String) -> CommandFailure {
    CommandFailure("cannot \(what) \(path): \(String(cString: strerror(errno))) (errno \(errno))")
  }
}
