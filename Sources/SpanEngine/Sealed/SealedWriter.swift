internal import SpanModel
internal import SpanWire

/// Writes a sealed segment's file: under a temporary name until all of it is on stable storage.
final class SealedWriter {
  private static let bufferByteCount = 1 << 20

  private let directory: Directory
  private let file: File
  private let temporaryName: String
  private let buffer: UnsafeMutableRawBufferPointer
  private var bufferedByteCount = 0
  private var position = UInt64(SealedFooter.byteCount)

  init(_ name: String, in directory: Directory) throws(FileError) {
    self.directory = directory
    temporaryName = name + FileName.temporarySuffix
    file = try directory.open(temporaryName, .readWriteOrCreate)
    buffer = .allocate(byteCount: Self.bufferByteCount, alignment: 4096)
    try file.setByteCount(0)
  }

  deinit { buffer.deallocate() }

  /// Appends bytes, behind room for the footer's first copy.
  func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      if bufferedByteCount == buffer.count { try flush() }
      let count = min(rest.count, buffer.count - bufferedByteCount)
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[bufferedByteCount...])
      target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      bufferedByteCount += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  private func flush() throws(FileError) {
    guard bufferedByteCount > 0 else { return }
    try file.write(
      UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<bufferedByteCount]), at: position)
    position += UInt64(bufferedByteCount)
    bufferedByteCount = 0
  }

  /// Writes the footer's first copy, and makes all of it durable.
  func finish(_ footer: SealedFooter) throws(FileError) {
    try flush()
    try file.write(footer.encoded(), at: 0)
    try file.sync()
  }

  /// The commit: from now on the file is part of the store.
  func publish(as name: String) throws(FileError) {
    try directory.rename(temporaryName, to: name)
    try directory.sync()
  }

  /// Takes back a commit that may not have come through.
  func withdraw(_ name: String) throws(FileError) {
    try directory.unlinkIfThere(name)
    try directory.sync()
  }

  /// Removes what was written of it.
  func discard() {
    // What is left of it is removed when the store is opened; the failure before this one is told.
    do { try directory.unlinkIfThere(temporaryName) } catch _ {}
  }
}
