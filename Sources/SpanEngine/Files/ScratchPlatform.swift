package import SpanModel
package import SystemPackage

/// A machine on which files can be read and none can be changed: what is written is kept in memory, for who
/// wants to know what would happen.
///
/// Only files that are made here can be written to, renamed and removed.
package final class ScratchPlatform: Platform {
  private struct MadeFile {
    var bytes: [UInt8] = []
    /// How often it is open; without a name it is gone when it is open no more.
    var openCount = 0
  }

  private let base: any Platform
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private nonisolated(unsafe) var numbers: [String: Int32] = [:]
  // SAFETY: as above. Their numbers are negative, as no file of the base has.
  private nonisolated(unsafe) var files: [Int32: MadeFile] = [:]
  // SAFETY: as above.
  private nonisolated(unsafe) var lastNumber: Int32 = -1

  package init(_ base: any Platform) { self.base = base }

  package var processID: Int32 { base.processID }
  package func now() -> Timestamp { base.now() }
  package func random() -> UInt64 { base.random() }

  /// Bytes that are held.
  package var heldByteCount: Int { lock.withLock { files.values.reduce(0) { $0 + $1.bytes.count } } }

  private func isMade(_ file: FileHandle) -> Bool { file.rawValue < 0 }

  private func change<Value>(_ file: FileHandle, _ body: (inout MadeFile) -> Value) throws(Errno) -> Value {
    guard isMade(file) else { throw .readOnlyFileSystem }
    let value = lock.withLock { files[file.rawValue].map { _ in body(&files[file.rawValue]!) } }
    guard let value else { throw .badFileDescriptor }
    return value
  }
}

// MARK: Open files

extension ScratchPlatform {
  package func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle {
    let made = lock.withLock { () -> FileHandle? in
      guard let number = numbers[path] ?? (mode.makesFiles ? make(path) : nil) else { return nil }
      files[number]?.openCount += 1
      return FileHandle(rawValue: number)
    }
    if let made { return made }
    guard mode == .readOnly || mode == .readDirect else { throw .readOnlyFileSystem }
    return try base.open(path, mode)
  }

  /// Only inside `withLock`.
  private func make(_ path: String) -> Int32 {
    lastNumber -= 1
    numbers[path] = lastNumber
    files[lastNumber] = MadeFile()
    return lastNumber
  }

  package func close(_ file: FileHandle) {
    guard isMade(file) else { return base.close(file) }
    lock.withLock {
      files[file.rawValue]?.openCount -= 1
      dropIfUnused(file.rawValue)
    }
  }

  /// Only inside `withLock`.
  private func dropIfUnused(_ number: Int32) {
    guard files[number]?.openCount == 0, !numbers.values.contains(number) else { return }
    files[number] = nil
  }

  package func read(_ file: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    guard isMade(file) else { return try base.read(file, into: buffer, at: position) }
    return try change(file) { file in
      let start = Int(min(position, UInt64(file.bytes.count)))
      let count = min(buffer.count, file.bytes.count - start)
      file.bytes.withUnsafeBytes {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
      }
      return count
    }
  }

  package func write(_ file: FileHandle, _ bytes: UnsafeRawBufferPointer, at position: UInt64) throws(Errno)
    -> Int
  {
    try change(file) { file in
      let (start, end) = (Int(position), Int(position) + bytes.count)
      if end > file.bytes.count { file.bytes += repeatElement(0, count: end - file.bytes.count) }
      file.bytes.withUnsafeMutableBytes { target in
        UnsafeMutableRawBufferPointer(rebasing: target[start..<end]).copyMemory(from: bytes)
      }
      return bytes.count
    }
  }

  package func write(
    _ file: FileHandle, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, at position: UInt64
  ) throws(Errno) -> Int {
    var next = position
    for piece in pieces { next += UInt64(try write(file, piece, at: next)) }
    return Int(next - position)
  }

  package func byteCount(of file: FileHandle) throws(Errno) -> UInt64 {
    guard isMade(file) else { return try base.byteCount(of: file) }
    return try change(file) { UInt64($0.bytes.count) }
  }

  package func nameCount(of file: FileHandle) throws(Errno) -> Int {
    isMade(file) ? 1 : try base.nameCount(of: file)
  }

  package func setByteCount(_ byteCount: UInt64, of file: FileHandle) throws(Errno) {
    try change(file) { file in
      let count = Int(byteCount)
      if count < file.bytes.count { file.bytes.removeSubrange(count...) }
      file.bytes += repeatElement(0, count: count - file.bytes.count)
    }
  }

  package func sync(_ file: FileHandle) throws(Errno) {}

  package func adviseRandomReads(_ file: FileHandle) { if !isMade(file) { base.adviseRandomReads(file) } }

  package func lock(_ file: FileHandle, exclusively: Bool) throws(Errno) -> Bool {
    isMade(file) ? true : try base.lock(file, exclusively: exclusively)
  }
}

// MARK: Names

extension ScratchPlatform {
  package func createZeroed(_ path: String, byteCount: UInt64) throws(Errno) { throw .readOnlyFileSystem }

  package func rename(_ path: String, to newPath: String) throws(Errno) {
    let isDone = lock.withLock { () -> Bool in
      guard let number = numbers.removeValue(forKey: path) else { return false }
      let replaced = numbers.updateValue(number, forKey: newPath)
      if let replaced { dropIfUnused(replaced) }
      return true
    }
    if !isDone { throw .readOnlyFileSystem }
  }

  /// A second name would be one of a file that is there.
  package func link(_ path: String, to newPath: String) throws(Errno) { throw .readOnlyFileSystem }

  package func unlink(_ path: String) throws(Errno) {
    let isDone = lock.withLock { () -> Bool in
      guard let number = numbers.removeValue(forKey: path) else { return false }
      dropIfUnused(number)
      return true
    }
    if !isDone { throw .readOnlyFileSystem }
  }

  package func makeDirectory(_ path: String) throws(Errno) { throw .readOnlyFileSystem }

  package func freeByteCount(in directory: String) throws(Errno) -> UInt64 {
    try base.freeByteCount(in: directory)
  }

  package func fileNames(in directory: String) throws(Errno) -> [String] {
    try base.fileNames(in: directory)
  }

  package func syncDirectory(_ directory: String) throws(Errno) {}
}

extension OpenMode {
  fileprivate var makesFiles: Bool { self == .readWriteOrCreate || self == .createNew }
}
