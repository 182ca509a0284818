internal import SystemPackage

/// An open file; makes whole reads and writes of the platform's, which may be short or interrupted.
///
/// A class, because a lane and any number of readers hold it, and the last of them closes it.
package final class File: Sendable {
  package let path: String
  private let platform: any Platform
  private let handle: FileHandle
  private let isReadDirect: Bool

  package init(_ path: String, _ mode: OpenMode, on platform: any Platform) throws(FileError) {
    self.path = path
    self.platform = platform
    isReadDirect = mode == .readDirect
    do { handle = try platform.open(path, mode) } catch { throw FileError("open", path, error) }
  }

  deinit { platform.close(handle) }

  /// What devices read and write whole, at the least.
  private static let sectorByteCount = 512

  /// Fills `buffer` from `position` on.
  ///
  /// - Returns: bytes read; fewer than asked for only at the end of the file.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at position: UInt64)
    throws(FileError) -> Int
  {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      do {
        let count = try platform.read(handle, into: rest, at: position + UInt64(filled))
        filled += count
        // Only its end cuts a file between sectors, and past the page cache there is no reading on from
        // there.
        if count == 0 || isReadDirect && filled % Self.sectorByteCount != 0 { break }
      } catch {
        if error != .interrupted { throw FileError("read", path, error) }
      }
    }
    return filled
  }

  /// The `byteCount` bytes from `position` on; fewer only at the end of the file.
  package func read(_ byteCount: Int, at position: UInt64) throws(FileError) -> [UInt8] {
    var outcome: Result<Int, FileError> = .success(0)
    var bytes = [UInt8](repeating: 0, count: byteCount)
    bytes.withUnsafeMutableBytes { buffer in
      do throws(FileError) { outcome = .success(try read(into: buffer, at: position)) } catch {
        outcome = .failure(error)
      }
    }
    bytes.removeSubrange(try outcome.get()...)
    return bytes
  }

  /// Writes all of `bytes` from `position` on.
  package func write(_ bytes: UnsafeRawBufferPointer, at position: UInt64) throws(FileError) {
    var written = 0
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      do throws(Errno) {
        let count = try platform.write(handle, rest, at: position + UInt64(written))
        // A write that takes nothing and reports no error would be tried for ever.
        if count == 0 { throw .ioError }
        written += count
      } catch {
        if error != .interrupted { throw FileError("write", path, error) }
      }
    }
  }

  /// The most pieces that one call takes (IOV_MAX).
  package static let pieceCountMax = 1024

  /// Writes all of `pieces`, one behind the other, from `position` on.
  ///
  /// - Throws: with `.invalidArgument`, nothing having been written, when the disk does not take pieces that
  ///   begin where these do.
  package func write(_ pieces: [UnsafeRawBufferPointer], at position: UInt64) throws(FileError) {
    let byteCount = pieces.reduce(0) { $0 + $1.count }
    let written = try writeOnce(pieces, at: position)
    guard written < byteCount else { return }
    // A short write is rare: the rest goes piece by piece.
    var passed = 0
    for piece in pieces {
      let rest = UnsafeRawBufferPointer(rebasing: piece.dropFirst(max(0, written - passed)))
      if !rest.isEmpty { try write(rest, at: position + UInt64(passed + piece.count - rest.count)) }
      passed += piece.count
    }
  }

  private func writeOnce(_ pieces: [UnsafeRawBufferPointer], at position: UInt64) throws(FileError) -> Int {
    precondition(pieces.count <= Self.pieceCountMax, "more pieces than one call takes")
    while true {
      // The closure's error type is not inferred through the buffer's rethrowing method.
      var outcome: Result<Int, Errno> = .success(0)
      pieces.withUnsafeBufferPointer { pieces in
        do throws(Errno) { outcome = .success(try platform.write(handle, pieces, at: position)) } catch {
          outcome = .failure(error)
        }
      }
      switch outcome {
      case .success(let count): return count
      case .failure(.interrupted): continue
      case .failure(let error): throw FileError("write", path, error)
      }
    }
  }

  package func write(_ bytes: [UInt8], at position: UInt64) throws(FileError) {
    var outcome: Result<Void, FileError> = .success(())
    bytes.withUnsafeBytes { bytes in
      do throws(FileError) { try write(bytes, at: position) } catch { outcome = .failure(error) }
    }
    try outcome.get()
  }

  package func byteCount() throws(FileError) -> UInt64 {
    do { return try platform.byteCount(of: handle) } catch { throw FileError("ask the size of", path, error) }
  }

  /// Whether a snapshot or backup gave the file another name.
  package func hasOtherNames() throws(FileError) -> Bool {
    do { return try platform.nameCount(of: handle) > 1 } catch {
      throw FileError("ask the names of", path, error)
    }
  }

  package func setByteCount(_ byteCount: UInt64) throws(FileError) {
    do { try platform.setByteCount(byteCount, of: handle) } catch { throw FileError("resize", path, error) }
  }

  package func sync() throws(FileError) {
    do { try platform.sync(handle) } catch { throw FileError("sync", path, error) }
  }

  /// Syncs for one who only reads: where nothing can be written, nothing waits to be.
  package func syncWherePossible() throws(FileError) {
    do { try sync() } catch { if !error.isNothingToSync { throw error } }
  }

  package func adviseRandomReads() { platform.adviseRandomReads(handle) }

  package func lock(exclusively: Bool) throws(FileError) -> Bool {
    do { return try platform.lock(handle, exclusively: exclusively) } catch {
      throw FileError("lock", path, error)
    }
  }
}
