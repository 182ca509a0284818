package import SpanModel
package import SystemPackage

/// The machine as the engine sees it: files, a clock and randomness. All of the engine's input, output,
/// time and chance goes through it, so that tests put a simulated disk in its place.
///
/// Calls mean what the system's mean: a read or write may be short, an interrupted call throws
/// `Errno.interrupted`. `File` makes whole ones of them. Each is one call of a protocol in front of a system
/// call, which costs a hundred times as much.
package protocol Platform: Sendable {
  /// Opens or creates the file at `path`.
  func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle
  func close(_ file: FileHandle)
  func read(_ file: FileHandle, into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(Errno) -> Int
  func write(_ file: FileHandle, _ bytes: UnsafeRawBufferPointer, at position: UInt64) throws(Errno) -> Int
  /// Writes `pieces`, of which there are at most `File.pieceCountMax`, one behind the other.
  func write(_ file: FileHandle, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, at position: UInt64)
    throws(Errno) -> Int
  func byteCount(of file: FileHandle) throws(Errno) -> UInt64
  /// Names that the file has in the file system: a snapshot or backup may have given it another one.
  func nameCount(of file: FileHandle) throws(Errno) -> Int
  func setByteCount(_ byteCount: UInt64, of file: FileHandle) throws(Errno)
  /// Returns when every byte written so far, and the size, are on stable storage (`fdatasync`).
  func sync(_ file: FileHandle) throws(Errno)
  /// Tells that the file is read here and there: reading ahead would only fetch pages that are still to be
  /// written.
  func adviseRandomReads(_ file: FileHandle)
  /// Takes the advisory lock of the file for as long as it is open.
  ///
  /// - Returns: whether nobody else holds it in a way that excludes this.
  func lock(_ file: FileHandle, exclusively: Bool) throws(Errno) -> Bool

  /// Creates the file at `path` with `byteCount` zeroes that were really written: the file has no unwritten
  /// extents, whose conversion would cost a journal commit with each sync.
  func createZeroed(_ path: String, byteCount: UInt64) throws(Errno)
  func rename(_ path: String, to newPath: String) throws(Errno)
  /// Gives the file at `path` another name; there must be no file of that name.
  func link(_ path: String, to newPath: String) throws(Errno)
  func unlink(_ path: String) throws(Errno)
  func makeDirectory(_ path: String) throws(Errno)
  /// Bytes that may still be written on the file system that holds `directory`.
  func freeByteCount(in directory: String) throws(Errno) -> UInt64
  func fileNames(in directory: String) throws(Errno) -> [String]
  /// Returns when names made, changed and removed in the directory are on stable storage.
  func syncDirectory(_ directory: String) throws(Errno)

  func now() -> Timestamp
  func random() -> UInt64
  var processID: Int32 { get }
}

/// An open file of a platform.
package struct FileHandle: Equatable, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }
}

package enum OpenMode: Sendable {
  case readOnly
  case readWrite
  /// Read and write; created when it does not exist.
  case readWriteOrCreate
  /// Read and write; there must be no such file.
  case createNew
  /// Write past the page cache where the file system can (`O_DIRECT`): positions, byte counts and addresses
  /// must be multiples of 512, or of the disk's sectors where those are larger; else the call throws
  /// `Errno.invalidArgument`.
  case writeDirect
  /// Read past the page cache where the file system can, as above; the last read of a file may be cut short
  /// by its end.
  case readDirect
}
