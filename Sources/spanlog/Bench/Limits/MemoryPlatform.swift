import NIOConcurrencyHelpers
import SpanEngine
import SpanModel
import SystemPackage

/// A machine whose files are memory that is overwritten: to the engine, a disk that takes no time.
///
/// Of each file the first pages are kept, which is all that writing ever reads again: identity, ledger,
/// headers. The rest goes round in one run of memory that all files share, larger than the caches.
final class MemoryPlatform: Platform, @unchecked Sendable {
  // SAFETY: `ring` is written by the lane's thread alone; everything else is under the lock.

  private struct MemoryFile {
    var byteCount: UInt64 = 0
    var kept: [UInt8] = []
  }

  private struct State {
    var names: [String: Int32] = [:]
    var files: [Int32: MemoryFile] = [:]
    var random = SplitMix(state: 1)
  }

  private static let keptByteCountMax = 64 << 10
  private static let ringByteCount = 128 << 20

  private let state = NIOLockedValueBox(State())
  private let ring = UnsafeMutableRawBufferPointer.allocate(byteCount: ringByteCount, alignment: 4096)
  private let linux = LinuxPlatform()

  /// Touches all its memory.
  init() { ring.initializeMemory(as: UInt8.self, repeating: 0) }

  deinit { ring.deallocate() }

  var processID: Int32 { linux.processID }
  func now() -> Timestamp { linux.now() }
  func random() -> UInt64 { state.withLockedValue { $0.random.next() } }
}

// MARK: Open files

extension MemoryPlatform {
  func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle {
    let number = state.withLockedValue { state -> Int32? in
      if let number = state.names[path] { return mode == .createNew ? nil : number }
      guard mode == .createNew || mode == .readWriteOrCreate else { return nil }
      return Self.create(path, &state)
    }
    guard let number else { throw mode == .createNew ? .fileExists : .noSuchFileOrDirectory }
    return FileHandle(rawValue: number)
  }

  private static func create(_ path: String, _ state: inout State) -> Int32 {
    let number = Int32(state.files.count + 1)
    state.names[path] = number
    state.files[number] = MemoryFile()
    return number
  }

  func close(_ file: FileHandle) {}

  func read(_ file: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    let kept = state.withLockedValue { $0.files[file.rawValue]?.kept } ?? []
    let bytes = kept.dropFirst(Int(clamping: position)).prefix(buffer.count)
    buffer.copyBytes(from: bytes)
    return bytes.count
  }

  func write(_ file: FileHandle, _ bytes: UnsafeRawBufferPointer, at position: UInt64) throws(Errno) -> Int {
    let end = position + UInt64(bytes.count)
    state.withLockedValue { state in
      guard var opened = state.files[file.rawValue] else { return }
      opened.byteCount = max(opened.byteCount, end)
      if position < UInt64(Self.keptByteCountMax) {
        let keptEnd = Int(min(end, UInt64(Self.keptByteCountMax)))
        opened.kept += [UInt8](repeating: 0, count: max(0, keptEnd - opened.kept.count))
        opened.kept.replaceSubrange(Int(position)..<keptEnd, with: bytes.prefix(keptEnd - Int(position)))
      }
      state.files[file.rawValue] = opened
    }
    var rest = bytes
    var place = Int(position % UInt64(ring.count))
    while !rest.isEmpty {
      let count = min(rest.count, ring.count - place)
      UnsafeMutableRawBufferPointer(rebasing: ring[place..<place + count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      place = 0
    }
    return bytes.count
  }

  func write(
    _ file: FileHandle, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, at position: UInt64
  ) throws(Errno) -> Int {
    var next = position
    for piece in pieces { next += UInt64(try write(file, piece, at: next)) }
    return Int(next - position)
  }

  func byteCount(of file: FileHandle) throws(Errno) -> UInt64 {
    state.withLockedValue { $0.files[file.rawValue]?.byteCount ?? 0 }
  }

  func nameCount(of file: FileHandle) throws(Errno) -> Int { 1 }

  func setByteCount(_ byteCount: UInt64, of file: FileHandle) throws(Errno) {
    state.withLockedValue { state in
      state.files[file.rawValue]?.byteCount = byteCount
      let kept = state.files[file.rawValue]?.kept.prefix(Int(clamping: byteCount)) ?? []
      state.files[file.rawValue]?.kept = Array(kept)
    }
  }

  func sync(_ file: FileHandle) throws(Errno) {}
  func adviseRandomReads(_ file: FileHandle) {}
  func lock(_ file: FileHandle, exclusively: Bool) throws(Errno) -> Bool { true }
}

// MARK: Names

extension MemoryPlatform {
  func createZeroed(_ path: String, byteCount: UInt64) throws(Errno) {
    state.withLockedValue { state in
      let number = state.names[path] ?? Self.create(path, &state)
      state.files[number] = MemoryFile(byteCount: byteCount)
    }
  }

  func rename(_ path: String, to newPath: String) throws(Errno) {
    let isDone = state.withLockedValue { state in
      guard let number = state.names.removeValue(forKey: path) else { return false }
      state.names[newPath] = number
      return true
    }
    guard isDone else { throw .noSuchFileOrDirectory }
  }

  /// Nothing that is measured gives a file two names.
  func link(_ path: String, to newPath: String) throws(Errno) { throw .notSupported }

  func unlink(_ path: String) throws(Errno) {
    state.withLockedValue { $0.names[path] = nil }
  }

  func freeByteCount(in directory: String) throws(Errno) -> UInt64 { 1 << 40 }

  func makeDirectory(_ path: String) throws(Errno) {}

  func fileNames(in directory: String) throws(Errno) -> [String] {
    state.withLockedValue { state in
      state.names.keys.filter { $0.hasPrefix(directory + "/") }
        .map { String($0.dropFirst(directory.utf8.count + 1)) }.sorted()
    }
  }

  func syncDirectory(_ directory: String) throws(Errno) {}
}
