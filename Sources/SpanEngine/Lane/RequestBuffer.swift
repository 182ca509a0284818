/// The bytes of one request, taken up as they arrive.
///
/// Memory is granted as bytes come, not as a length is claimed: at first 256 KiB at the most, then twice as
/// much each time it is full. One owner at a time: a connection fills it, then a lane writes it.
package final class RequestBuffer: @unchecked Sendable {
  // SAFETY: handed from one owner to the next, never shared; see above.

  /// Room behind the last byte of a large body, for the zeroes that bring it to a multiple of 512.
  package static let paddingByteCount = 512
  /// The same of a small one, to a multiple of 8.
  private static let smallPaddingByteCount = 8

  /// Bytes of the whole request.
  package let byteCount: Int
  package private(set) var filledByteCount = 0
  /// Memory held now.
  package private(set) var grantedByteCount: Int
  private var storage: UnsafeMutableRawPointer
  /// Whether the memory is the pool's.
  private var isPooled: Bool
  /// Whether the memory begins at a multiple of 4096: not for what is small and copied anyway.
  let isAligned: Bool

  package init(byteCount: Int) {
    precondition(byteCount >= 0, "a request cannot have fewer than no bytes")
    self.byteCount = byteCount
    let pool = BufferPool.shared
    // Small requests get memory to measure: a pooled buffer for each would hold 256 KiB for some hundred
    // bytes.
    isAligned = byteCount > pool.bufferByteCount / 8
    if !isAligned {
      grantedByteCount = byteCount + Self.smallPaddingByteCount
      storage = .allocate(byteCount: grantedByteCount, alignment: 8)
      isPooled = false
    } else {
      grantedByteCount = pool.bufferByteCount
      storage = pool.take()
      isPooled = true
    }
  }

  deinit { release() }

  private func release() {
    if isPooled { BufferPool.shared.giveBack(storage) } else { storage.deallocate() }
  }

  private var padding: Int { isAligned ? Self.paddingByteCount : Self.smallPaddingByteCount }

  package var isComplete: Bool { filledByteCount == byteCount }

  /// What has arrived.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: storage, count: filledByteCount)
  }

  /// Granted memory behind what has arrived: bytes received there need not be copied by `append`.
  package var room: UnsafeMutableRawBufferPointer {
    let end = min(byteCount, grantedByteCount - padding)
    return UnsafeMutableRawBufferPointer(start: storage + filledByteCount, count: end - filledByteCount)
  }

  /// Puts `bytes` behind what has arrived: copies them, unless they are there.
  ///
  /// - Precondition: together they are no more than `byteCount`.
  package func append(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count <= byteCount - filledByteCount, "more bytes than the request has")
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    let needed = filledByteCount + bytes.count + padding
    if needed > grantedByteCount { grow(to: needed) }
    let end = storage + filledByteCount
    if start != UnsafeRawPointer(end) { end.copyMemory(from: start, byteCount: bytes.count) }
    filledByteCount += bytes.count
  }

  /// Grants memory for the whole request at once, for a caller that knows that all of it is there.
  package func grantAll() {
    if byteCount + padding > grantedByteCount { grow(to: byteCount + padding) }
  }

  /// Memory that `grantAll` would leave it with.
  package var wholeByteCount: Int { max(grantedByteCount, byteCount + padding) }

  private func grow(to needed: Int) {
    let newByteCount = min(max(needed, grantedByteCount * 2), byteCount + padding)
    let newStorage = UnsafeMutableRawPointer.allocate(byteCount: newByteCount, alignment: 4096)
    newStorage.copyMemory(from: storage, byteCount: filledByteCount)
    release()
    storage = newStorage
    isPooled = false
    grantedByteCount = newByteCount
  }

  /// The body followed by zeroes up to `count` bytes, no more than the padding.
  ///
  /// - Precondition: complete.
  func paddedBytes(_ count: Int) -> UnsafeRawBufferPointer {
    precondition(isComplete, "a request is stored only whole")
    precondition(count >= byteCount && count - byteCount < padding, "no room for as many zeroes")
    (storage + byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: count - byteCount)
    return UnsafeRawBufferPointer(start: storage, count: count)
  }
}
