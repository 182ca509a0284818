/// Buffers of one size that are used again, so that requests of ordinary size touch no fresh pages of memory.
final class BufferPool: @unchecked Sendable {
  /// One pool for the process: buffers move between event loops and committers.
  static let shared = BufferPool(bufferByteCount: 256 << 10, keptByteCountMax: 32 << 20)

  let bufferByteCount: Int
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var keptCountMax: Int
  private var kept: [UnsafeMutableRawPointer] = []

  init(bufferByteCount: Int, keptByteCountMax: Int) {
    self.bufferByteCount = bufferByteCount
    keptCountMax = keptByteCountMax / bufferByteCount
  }

  /// Keeps unused buffers of no more than `byteCount` together.
  func keep(atMost byteCount: Int) { lock.withLock { keptCountMax = byteCount / bufferByteCount } }

  func take() -> UnsafeMutableRawPointer {
    lock.withLock { kept.popLast() } ?? .allocate(byteCount: bufferByteCount, alignment: 4096)
  }

  func giveBack(_ buffer: UnsafeMutableRawPointer) {
    let isKept = lock.withLock { () -> Bool in
      guard kept.count < keptCountMax else { return false }
      kept.append(buffer)
      return true
    }
    if !isKept { buffer.deallocate() }
  }

  deinit { for buffer in kept { buffer.deallocate() } }
}
