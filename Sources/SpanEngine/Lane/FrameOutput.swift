internal import SpanWire
internal import SystemPackage

/// Memory in which a lane puts its frames together for direct writes, which want aligned runs.
///
/// What is small is copied; a large body that was received into aligned memory is written from there. So a
/// frame is a list of runs: copied bytes, a body, copied bytes, … each beginning and ending at a multiple of
/// 512 of the file.
final class FrameOutput {
  /// Room for what is copied between two writes.
  private static let copyByteCount = 4 << 20
  private static let alignment = RecordLayout.bodyAlignment

  private let copies = UnsafeMutableRawBufferPointer.allocate(byteCount: copyByteCount, alignment: 4096)
  private var copiedByteCount = 0
  /// Where in `copies` the run begins that is being put together.
  private var runStart = 0
  private var pieces: [UnsafeRawBufferPointer] = []
  private var pieceByteCount = 0
  private var file: File?
  /// Where the first byte that was not written yet will stand.
  private var position: UInt64 = 0
  /// The disk takes whole pages only, so bodies are copied too.
  private var copiesAll = false

  deinit { copies.deallocate() }

  /// Begins a frame at `position` of `file`.
  func begin(_ file: File, at position: UInt64) {
    self.file = file
    self.position = position
    reset()
  }

  private func reset() {
    copiedByteCount = 0
    runStart = 0
    pieceByteCount = 0
    pieces.removeAll(keepingCapacity: true)
  }

  private var runByteCount: Int { copiedByteCount - runStart }

  /// Room for `byteCount` bytes that stand together, to be filled at once.
  ///
  /// - Precondition: no more than 64 KiB.
  func take(_ byteCount: Int) throws(FileError) -> UnsafeMutableRawPointer {
    precondition(byteCount <= 64 << 10, "copied piece by piece")
    if copies.count - copiedByteCount < byteCount { try flushWhole() }
    defer { copiedByteCount += byteCount }
    // SAFETY: there is room, by the line before.
    return copies.baseAddress! + copiedByteCount
  }

  /// Appends a copy of `bytes`.
  func copy(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes
    while !rest.isEmpty {
      if copiedByteCount == copies.count { try flushWhole() }
      let count = min(rest.count, copies.count - copiedByteCount)
      let place = UnsafeMutableRawBufferPointer(
        rebasing: copies[copiedByteCount..<copiedByteCount + count])
      place.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      copiedByteCount += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Appends `count` zeroes, no more than a page.
  func pad(_ count: Int) throws(FileError) {
    guard count > 0 else { return }
    try take(count).initializeMemory(as: UInt8.self, repeating: 0, count: count)
  }

  /// Appends `bytes` from where they are: they must stay there until the frame is finished.
  ///
  /// - Precondition: they begin at a multiple of 512 of memory and of the file, and are as many.
  func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if copiesAll { return try copy(bytes) }
    precondition(runByteCount % Self.alignment == 0, "a body in the middle of a sector")
    endRun()
    if pieces.count + 2 > File.pieceCountMax {
      try write()
      if copiesAll { return try copy(bytes) }
    }
    pieces.append(bytes)
    pieceByteCount += bytes.count
  }

  /// Writes all of the frame, and zeroes up to the next multiple of 4096.
  func finish() throws(FileError) {
    let byteCount = pieceByteCount + runByteCount
    let end = position + UInt64(byteCount)
    try pad(Int(FrameHeader.alignment - end % FrameHeader.alignment) % Int(FrameHeader.alignment))
    endRun()
    try write()
    // Else a file that is gone would keep its space until the next frame.
    file = nil
  }

  private func endRun() {
    guard runByteCount > 0 else { return }
    pieces.append(
      UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(copies)[runStart..<copiedByteCount]))
    pieceByteCount += runByteCount
    runStart = copiedByteCount
  }

  /// Makes room by writing what is there, but for the last bytes that fill no page or, behind a body, no
  /// sector.
  ///
  /// What is kept stands near the end of `copies`, which is when there is no room, and goes to its start.
  private func flushWhole() throws(FileError) {
    let rest = runByteCount % (pieces.isEmpty ? Int(FrameHeader.alignment) : Self.alignment)
    let kept = UnsafeRawBufferPointer(
      rebasing: UnsafeRawBufferPointer(copies)[copiedByteCount - rest..<copiedByteCount])
    copiedByteCount -= rest
    endRun()
    try write()
    let start = copiedByteCount
    UnsafeMutableRawBufferPointer(rebasing: copies[start...]).copyMemory(from: kept)
    copiedByteCount = start + rest
  }

  /// Writes all pieces; where the disk takes whole pages only, what fills no page is then what is copied.
  private func write() throws(FileError) {
    guard let file, !pieces.isEmpty else { return }
    do { try file.write(pieces, at: position) } catch {
      guard error.errno == .invalidArgument, !copiesAll else { throw error }
      copiesAll = true
      return try writeTogether(to: file)
    }
    position += UInt64(pieceByteCount)
    reset()
  }

  private func writeTogether(to file: File) throws(FileError) {
    let together = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 4096)
    defer { together.deallocate() }
    var next = 0
    for piece in pieces {
      UnsafeMutableRawBufferPointer(rebasing: together[next..<next + piece.count]).copyMemory(from: piece)
      next += piece.count
    }
    let wholeByteCount = next - next % Int(FrameHeader.alignment)
    let whole = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(together)[..<wholeByteCount])
    try file.write(whole, at: position)
    position += UInt64(wholeByteCount)
    reset()
    try copy(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(together)[wholeByteCount...]))
  }
}
