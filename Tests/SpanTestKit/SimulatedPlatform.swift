import Dispatch
package import SpanEngine
package import SpanModel
package import SystemPackage

/// A machine with a simulated disk, a clock that only calls move, and seeded randomness.
///
/// Counts its calls and tells an observer before each one, so that tests can crash it at any of them, and
/// make any of them fail.
package final class SimulatedPlatform: Platform, @unchecked Sendable {
  package enum Call: Sendable {
    case write, sync, resize, rename, link, unlink, syncDirectory, create
    case read
    /// Opens what there is, or asks for names, sizes or free space.
    case look

    /// Whether it changes the disk, or makes changes durable.
    package var isChange: Bool { self != .read && self != .look }
  }

  // SAFETY: everything below is only touched under `lock`.
  private let lock = DispatchSemaphore(value: 1)
  private var disk: SimulatedDisk
  private struct OpenFile {
    let number: Int
    /// Must be given whole sectors.
    let isDirect: Bool
  }

  /// By handle, of which the first is 3; `nil` once it is closed.
  private var openFiles: [OpenFile?] = []
  private static let firstHandle: Int32 = 3
  private var locks: [Int: Int] = [:]
  private var randomSource: SeededRandom
  private var clock: UInt64 = 1_700_000_000_000_000_000
  private var calls = 0
  private var observer: ((_ call: Call, _ number: Int, _ disk: SimulatedDisk) -> Errno?)?

  package let processID: Int32 = 4711
  /// The most bytes that one read or write takes; direct writes take a multiple of a page.
  private let transferByteCountMax: Int
  /// Whether direct writes take whole pages only, as on disks with sectors of 4096 bytes.
  package let takesWholePagesOnly: Bool
  private var unreadable: Range<Int>?
  /// Whether the page cache calls clean what a failed sync did not write: programs see it, and the disk never
  /// will.
  // SAFETY: set before the platform is used.
  package var failedSyncsLie = false
  /// Numbers of the calls that, being reads or writes, take no more than this.
  // SAFETY: set before the platform is used.
  package var shortCalls = 0..<0
  private static let shortByteCount = 1000

  package init(
    _ disk: SimulatedDisk = SimulatedDisk(), seed: UInt64 = 1, transferByteCountMax: Int = .max,
    takesWholePagesOnly: Bool = false
  ) {
    self.disk = disk
    self.takesWholePagesOnly = takesWholePagesOnly
    self.transferByteCountMax = transferByteCountMax
    randomSource = SeededRandom(seed: seed)
  }

  private func withLock<Value>(_ body: () throws(Errno) -> Value) throws(Errno) -> Value {
    lock.wait()
    defer { lock.signal() }
    return try body()
  }

  /// The disk as it is now.
  package var image: SimulatedDisk {
    lock.wait()
    defer { lock.signal() }
    return disk
  }

  package var callCount: Int {
    lock.wait()
    defer { lock.signal() }
    return calls
  }

  /// Has `observer` told of each call before it happens, with the disk as it is then; the call fails with
  /// what it returns.
  package func observe(_ observer: @escaping (Call, Int, SimulatedDisk) -> Errno?) {
    lock.wait()
    defer { lock.signal() }
    self.observer = observer
  }

  /// Has every read fail that touches these bytes of any file.
  package func failReads(of range: Range<Int>) {
    lock.wait()
    defer { lock.signal() }
    unreadable = range
  }

  private func note(_ call: Call) throws(Errno) {
    calls += 1
    if let errno = observer?(call, calls, disk) { throw errno }
  }

  private func openFile(of handle: FileHandle) throws(Errno) -> OpenFile {
    let place = Int(handle.rawValue - Self.firstHandle)
    guard openFiles.indices.contains(place), let file = openFiles[place] else { throw .badFileDescriptor }
    return file
  }

  private func file(of handle: FileHandle) throws(Errno) -> Int { try openFile(of: handle).number }

  private func handle(for file: Int, isDirect: Bool = false) -> FileHandle {
    openFiles.append(OpenFile(number: file, isDirect: isDirect))
    return FileHandle(rawValue: Self.firstHandle + Int32(openFiles.count - 1))
  }
}

// MARK: Open files

extension SimulatedPlatform {
  package func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle {
    try withLock { () throws(Errno) in
      switch mode {
      case .readOnly, .readWrite:
        let file = try disk.file(at: path)
        try note(.look)
        return handle(for: file)
      case .writeDirect, .readDirect:
        let file = try disk.file(at: path)
        try note(.look)
        return handle(for: file, isDirect: true)
      case .createNew:
        guard disk.names[path] == nil else { throw .fileExists }
      case .readWriteOrCreate:
        if let file = disk.names[path] { return handle(for: file) }
      }
      try note(.create)
      return handle(for: disk.create(path))
    }
  }

  package func close(_ file: FileHandle) {
    lock.wait()
    defer { lock.signal() }
    openFiles[Int(file.rawValue - Self.firstHandle)] = nil
  }

  package func read(_ file: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    try withLock { () throws(Errno) in
      try note(.read)
      let end = Int(position) + buffer.count
      if buffer.count > 0, let unreadable, unreadable.lowerBound < end, Int(position) < unreadable.upperBound
      {
        throw .ioError
      }
      let opened = try openFile(of: file)
      precondition(
        !opened.isDirect || Self.isDirect(UnsafeRawBufferPointer(buffer), at: position),
        "a direct read of no whole sectors")
      let most = UnsafeMutableRawBufferPointer(
        rebasing: buffer.prefix(transferByteCountMax(isDirect: opened.isDirect)))
      guard
        let count = disk.files[opened.number]?.read(
          into: most, at: Int(position), isDirect: opened.isDirect)
      else {
        throw .ioError
      }
      return count
    }
  }

  package func write(_ file: FileHandle, _ bytes: UnsafeRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    try withLock { () throws(Errno) in
      try note(.write)
      let opened = try openFile(of: file)
      precondition(
        !opened.isDirect || Self.isDirect(bytes, at: position), "a direct write of no whole sectors")
      if opened.isDirect, takesWholePagesOnly, bytes.count % 4096 != 0 || position % 4096 != 0 {
        throw .invalidArgument
      }
      let most = transferByteCountMax(isDirect: opened.isDirect)
      let written = UnsafeRawBufferPointer(rebasing: bytes.prefix(most))
      disk.files[opened.number]?.write(written, at: Int(position))
      return written.count
    }
  }

  private func transferByteCountMax(isDirect: Bool) -> Int {
    let most = shortCalls.contains(calls) ? Self.shortByteCount : transferByteCountMax
    return isDirect ? max(4096, most / 4096 * 4096) : most
  }

  private static func isDirect(_ bytes: UnsafeRawBufferPointer, at position: UInt64) -> Bool {
    position % 512 == 0 && bytes.count % 512 == 0 && UInt(bitPattern: bytes.baseAddress) % 512 == 0
  }

  package func write(
    _ file: FileHandle, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, at position: UInt64
  ) throws(Errno) -> Int {
    try withLock { () throws(Errno) in
      try note(.write)
      let opened = try openFile(of: file)
      if opened.isDirect, takesWholePagesOnly, pieces.contains(where: { $0.count % 4096 != 0 }) {
        throw .invalidArgument
      }
      var next = Int(position)
      var left = transferByteCountMax(isDirect: opened.isDirect)
      for piece in pieces where left > 0 {
        precondition(
          !opened.isDirect || Self.isDirect(piece, at: UInt64(next)), "a direct write of no whole sectors")
        let written = UnsafeRawBufferPointer(rebasing: piece.prefix(left))
        disk.files[opened.number]?.write(written, at: next)
        next += written.count
        left -= written.count
      }
      return next - Int(position)
    }
  }

  package func byteCount(of file: FileHandle) throws(Errno) -> UInt64 {
    try withLock { () throws(Errno) in
      try note(.look)
      return UInt64(disk.files[try self.file(of: file)]?.byteCount ?? 0)
    }
  }

  package func nameCount(of file: FileHandle) throws(Errno) -> Int {
    try withLock { () throws(Errno) in
      try note(.look)
      return disk.nameCount(of: try self.file(of: file))
    }
  }

  package func setByteCount(_ byteCount: UInt64, of file: FileHandle) throws(Errno) {
    try withLock { () throws(Errno) in
      try note(.resize)
      disk.files[try self.file(of: file)]?.setByteCount(Int(byteCount))
    }
  }

  package func sync(_ file: FileHandle) throws(Errno) {
    try withLock { () throws(Errno) in
      let number = try self.file(of: file)
      do throws(Errno) { try note(.sync) } catch {
        if failedSyncsLie { disk.files[number]?.callClean() }
        throw error
      }
      disk.files[number]?.sync()
    }
  }

  package func adviseRandomReads(_ file: FileHandle) {}

  package func lock(_ file: FileHandle, exclusively: Bool) throws(Errno) -> Bool { true }
}

// MARK: Names

extension SimulatedPlatform {
  package func createZeroed(_ path: String, byteCount: UInt64) throws(Errno) {
    try withLock { () throws(Errno) in
      try note(.create)
      guard byteCount <= disk.freeByteCount else { throw .noSpace }
      let file = disk.names[path] ?? disk.create(path)
      disk.files[file]?.setByteCount(0)
      disk.files[file]?.writeZeroes(Int(byteCount))
    }
  }

  package func rename(_ path: String, to newPath: String) throws(Errno) {
    try withLock { () throws(Errno) in
      try note(.rename)
      try disk.rename(path, to: newPath)
    }
  }

  package func link(_ path: String, to newPath: String) throws(Errno) {
    try withLock { () throws(Errno) in
      try note(.link)
      try disk.link(path, to: newPath)
    }
  }

  package func unlink(_ path: String) throws(Errno) {
    try withLock { () throws(Errno) in
      try note(.unlink)
      try disk.unlink(path)
    }
  }

  package func makeDirectory(_ path: String) throws(Errno) {
    try withLock { () throws(Errno) in
      // As the system does, it says that there is one before it says anything else.
      if disk.directories.contains(path) { throw .fileExists }
      try note(.create)
      try disk.makeDirectory(path)
    }
  }

  package func freeByteCount(in directory: String) throws(Errno) -> UInt64 {
    try withLock { () throws(Errno) in
      try note(.look)
      return disk.freeByteCount
    }
  }

  /// Makes the disk so large, however much is on it.
  package func setCapacity(_ byteCount: UInt64) {
    lock.wait()
    defer { lock.signal() }
    disk.capacity = byteCount
  }

  package func fileNames(in directory: String) throws(Errno) -> [String] {
    try withLock { () throws(Errno) in
      try note(.look)
      return try disk.fileNames(in: directory)
    }
  }

  package func syncDirectory(_ directory: String) throws(Errno) {
    try withLock { () throws(Errno) in
      try note(.syncDirectory)
      disk.syncDirectory()
    }
  }
}

// MARK: Clock and chance

extension SimulatedPlatform {
  package func advanceClock(by duration: Duration) {
    lock.wait()
    defer { lock.signal() }
    clock += UInt64(duration / .nanoseconds(1))
  }

  package func now() -> Timestamp {
    lock.wait()
    defer { lock.signal() }
    clock += 1_000_000
    return Timestamp(nanoseconds: clock)
  }

  package func random() -> UInt64 {
    lock.wait()
    defer { lock.signal() }
    return randomSource.next()
  }
}
