package import SpanEngine
package import SpanModel
package import SystemPackage

/// A machine that does what another one does: who conforms changes a call or two.
package protocol ForwardingPlatform: Platform {
  var platform: any Platform { get }
}

extension ForwardingPlatform {
  package func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle {
    try platform.open(path, mode)
  }

  package func close(_ file: FileHandle) { platform.close(file) }

  package func read(_ file: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    try platform.read(file, into: buffer, at: position)
  }

  package func write(_ file: FileHandle, _ bytes: UnsafeRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  {
    try platform.write(file, bytes, at: position)
  }

  package func write(
    _ file: FileHandle, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, at position: UInt64
  ) throws(Errno) -> Int {
    try platform.write(file, pieces, at: position)
  }

  package func byteCount(of file: FileHandle) throws(Errno) -> UInt64 { try platform.byteCount(of: file) }

  package func nameCount(of file: FileHandle) throws(Errno) -> Int { try platform.nameCount(of: file) }

  package func setByteCount(_ byteCount: UInt64, of file: FileHandle) throws(Errno) {
    try platform.setByteCount(byteCount, of: file)
  }

  package func sync(_ file: FileHandle) throws(Errno) { try platform.sync(file) }

  package func adviseRandomReads(_ file: FileHandle) { platform.adviseRandomReads(file) }

  package func lock(_ file: FileHandle, exclusively: Bool) throws(Errno) -> Bool {
    try platform.lock(file, exclusively: exclusively)
  }

  package func createZeroed(_ path: String, byteCount: UInt64) throws(Errno) {
    try platform.createZeroed(path, byteCount: byteCount)
  }

  package func rename(_ path: String, to newPath: String) throws(Errno) {
    try platform.rename(path, to: newPath)
  }

  package func link(_ path: String, to newPath: String) throws(Errno) {
    try platform.link(path, to: newPath)
  }

  package func unlink(_ path: String) throws(Errno) { try platform.unlink(path) }

  package func makeDirectory(_ path: String) throws(Errno) { try platform.makeDirectory(path) }

  package func freeByteCount(in directory: String) throws(Errno) -> UInt64 {
    try platform.freeByteCount(in: directory)
  }

  package func fileNames(in directory: String) throws(Errno) -> [String] {
    try platform.fileNames(in: directory)
  }

  package func syncDirectory(_ directory: String) throws(Errno) { try platform.syncDirectory(directory) }

  package func now() -> Timestamp { platform.now() }

  package func random() -> UInt64 { platform.random() }

  package var processID: Int32 { platform.processID }
}
