/// Memory that the files to be sealed are read into, one after the other. One thread at a time.
///
/// A file that fits is read once, and its spans stay where they were read to; it is kept from file to file,
/// since pages that are given back and taken again must be cleared by the kernel each time.
final class SealMemory {
  /// Bytes of files, or of spans of larger ones, that are held at once.
  let byteCountMax: UInt64
  private var buffer: UnsafeMutableRawBufferPointer?

  init(byteCountMax: UInt64) { self.byteCountMax = byteCountMax }

  deinit { buffer?.deallocate() }

  /// Room for a file of so many bytes, and a page more; `nil` when that is more than is held at once.
  ///
  /// The same room for every file: it is valid until the next call.
  func room(for byteCount: UInt64) -> UnsafeMutableRawBufferPointer? {
    guard byteCount <= byteCountMax else { return nil }
    let needed = Int(byteCount) + FileWindow.pageByteCount
    if let buffer, buffer.count >= needed { return buffer }
    release()
    // Spans are met in another order than they lie in, each on a page of its own.
    let made = LargePages.allocate(byteCount: needed, alignment: FileWindow.pageByteCount)
    buffer = made
    return made
  }

  /// Gives the memory back: there is nothing to seal at the moment.
  func release() {
    buffer?.deallocate()
    buffer = nil
  }
}
