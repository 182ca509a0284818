internal import CLinux
internal import Glibc
package import SpanModel
package import SystemPackage

/// The machine this runs on.
package struct LinuxPlatform: Platform {
  package init() {}

  package var processID: Int32 { getpid() }

  package func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
  }

  package func random() -> UInt64 {
    var value: UInt64 = 0
    let result = spanlog_random(&value, MemoryLayout<UInt64>.size)
    precondition(result == 0, "the kernel gives no random bytes")
    return value
  }

  private static func check(_ result: Int) throws(Errno) -> Int {
    guard result >= 0 else { throw Errno(rawValue: errno) }
    return result
  }

  private static func check(_ result: Int32) throws(Errno) { _ = try check(Int(result)) }
}

// MARK: Open files

extension LinuxPlatform {
  package func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle {
    let flags =
      switch mode {
      case .readOnly, .readDirect: O_RDONLY
      case .readWrite: O_RDWR
      case .readWriteOrCreate: O_RDWR | O_CREAT
      case .createNew: O_RDWR | O_CREAT | O_EXCL
      case .writeDirect: O_WRONLY
      }
    if mode == .writeDirect || mode == .readDirect {
      let direct = spanlog_open_direct(path, flags)
      if direct >= 0 { return FileHandle(rawValue: direct) }
      // Some file systems know no such thing (tmpfs): the page cache it is then.
      guard errno == EINVAL else { throw Errno(rawValue: errno) }
    }
    let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o644)
    return FileHandle(rawValue: Int32(try Self.check(Int(descriptor))))
  }

  package func close(_ file: FileHandle) {
    // Nothing that matters is learnt here: what must be durable was synced before.
    _ = Glibc.close(file.rawValue)
  }

  package func read(_ file: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    try Self.check(pread(file.rawValue, buffer.baseAddress, buffer.count, off_t(position)))
  }

  package func write(_ file: FileHandle, _ bytes: UnsafeRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    try Self.check(pwrite(file.rawValue, bytes.baseAddress, bytes.count, off_t(position)))
  }

  package func write(
    _ file: FileHandle, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, at position: UInt64
  ) throws(Errno) -> Int {
    let result = withUnsafeTemporaryAllocation(of: iovec.self, capacity: pieces.count) { vectors in
      for number in 0..<pieces.count {
        let base = UnsafeMutableRawPointer(mutating: pieces[number].baseAddress)
        vectors[number] = iovec(iov_base: base, iov_len: pieces[number].count)
      }
      return pwritev(file.rawValue, vectors.baseAddress, Int32(pieces.count), off_t(position))
    }
    return try Self.check(result)
  }

  package func byteCount(of file: FileHandle) throws(Errno) -> UInt64 {
    var status = stat()
    try Self.check(fstat(file.rawValue, &status))
    return UInt64(status.st_size)
  }

  package func nameCount(of file: FileHandle) throws(Errno) -> Int {
    var status = stat()
    try Self.check(fstat(file.rawValue, &status))
    return Int(status.st_nlink)
  }

  package func setByteCount(_ byteCount: UInt64, of file: FileHandle) throws(Errno) {
    try Self.check(ftruncate(file.rawValue, off_t(byteCount)))
  }

  package func sync(_ file: FileHandle) throws(Errno) { try Self.check(fdatasync(file.rawValue)) }

  package func adviseRandomReads(_ file: FileHandle) {
    // Only advice: a file system that takes none is read all the same.
    _ = posix_fadvise(file.rawValue, 0, 0, POSIX_FADV_RANDOM)
  }

  package func lock(_ file: FileHandle, exclusively: Bool) throws(Errno) -> Bool {
    if flock(file.rawValue, (exclusively ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw Errno(rawValue: errno)
  }
}

// MARK: Names

extension LinuxPlatform {
  package func createZeroed(_ path: String, byteCount: UInt64) throws(Errno) {
    let file = try open(path, .readWriteOrCreate)
    defer { close(file) }
    try setByteCount(0, of: file)
    // Past the page cache where the file system allows it: the zeroes would only push out what is read.
    let direct = spanlog_open_direct(path, O_WRONLY)
    defer { if direct >= 0 { _ = Glibc.close(direct) } }
    let blockByteCount = 1 << 20
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockByteCount, alignment: 4096)
    defer { block.deallocate() }
    block.initializeMemory(as: UInt8.self, repeating: 0)
    var position: UInt64 = 0
    while position < byteCount {
      let count = Int(min(UInt64(blockByteCount), byteCount - position))
      let target = direct >= 0 && count % 4096 == 0 ? direct : file.rawValue
      let written = pwrite(target, block.baseAddress, count, off_t(position))
      if written < 0, errno == EINTR { continue }
      position += UInt64(try Self.check(written))
    }
  }

  package func rename(_ path: String, to newPath: String) throws(Errno) {
    try Self.check(Glibc.rename(path, newPath))
  }

  package func link(_ path: String, to newPath: String) throws(Errno) {
    try Self.check(Glibc.link(path, newPath))
  }

  package func unlink(_ path: String) throws(Errno) { try Self.check(Glibc.unlink(path)) }

  package func makeDirectory(_ path: String) throws(Errno) { try Self.check(mkdir(path, 0o755)) }

  package func freeByteCount(in directory: String) throws(Errno) -> UInt64 {
    let count = spanlog_free_byte_count(directory)
    return UInt64(try Self.check(Int(count)))
  }

  package func fileNames(in directory: String) throws(Errno) -> [String] {
    guard let stream = opendir(directory) else { throw Errno(rawValue: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw Errno(rawValue: errno) }
    return names.sorted()
  }

  package func syncDirectory(_ directory: String) throws(Errno) {
    let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    _ = try Self.check(Int(descriptor))
    defer { _ = Glibc.close(descriptor) }
    try Self.check(fsync(descriptor))
  }
}
