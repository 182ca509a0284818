internal import SystemPackage

/// An open file; makes whole reads and writes of the platform's, which may be short or interrupted.
///
/// A class, because a lane and any number of readers hold it, and the last of them closes it.
package final class File: Sendable {
  package let path: String
  private let platform: any Platform
  private let handle: FileHandle

  package init(_ path: String, _ mode: OpenMode, on platform: any Platform) throws(FileError) {
    self.path = path
    self.platform = platform
    do { handle = try platform.open(path, mode) } catch { throw FileError("open", path, error) }
  }

  deinit { platform.close(handle) }

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
        if count == 0 { break }
        filled += count
      } catch {
        if error != .interrupted { throw FileError("read", path, error) }
      }
    }
    return filled
  }

  /// Writes all of `pieces`, one behind the other, from `position` on.
  package func write(_ pieces: [UnsafeRawBufferPointer], at position: UInt64) throws(FileError) {
    var rest = pieces[...]
    var next = position
    while !rest.isEmpty {
      do {
        var written = try writeOnce(rest, at: next)
        next += UInt64(written)
        while let first = rest.first, written >= first.count {
          written -= first.count
          rest.removeFirst()
        }
        if written > 0 {
          let begun = rest.removeFirst()
          rest = [UnsafeRawBufferPointer(rebasing: begun[written...])] + rest
        }
      } catch {
        if error != .interrupted { throw FileError("write", path, error) }
      }
    }
  }

  private func writeOnce(_ pieces: ArraySlice<UnsafeRawBufferPointer>, at position: UInt64)
    throws(Errno) -> Int
  {
    // The closure's error type is not inferred through the buffer's rethrowing method.
    var outcome: Result<Int, Errno> = .success(0)
    pieces.withUnsafeBufferPointer { pieces in
      do throws(Errno) { outcome = .success(try platform.write(handle, pieces, at: position)) } catch {
        outcome = .failure(error)
      }
    }
    let count = try outcome.get()
    // A write that takes nothing and reports no error would be tried for ever.
    if count == 0, pieces.contains(where: { !$0.isEmpty }) { throw .ioError }
    return count
  }

  package func write(_ bytes: [UInt8], at position: UInt64) throws(FileError) {
    var outcome: Result<Void, FileError> = .success(())
    bytes.withUnsafeBytes { bytes in
      do throws(FileError) { try write([bytes], at: position) } catch { outcome = .failure(error) }
    }
    try outcome.get()
  }

  package func byteCount() throws(FileError) -> UInt64 {
    do { return try platform.byteCount(of: handle) } catch { throw FileError("ask the size of", path, error) }
  }

  package func setByteCount(_ byteCount: UInt64) throws(FileError) {
    do { try platform.setByteCount(byteCount, of: handle) } catch { throw FileError("resize", path, error) }
  }

  package func sync() throws(FileError) {
    do { try platform.sync(handle) } catch { throw FileError("sync", path, error) }
  }

  package func adviseRandomReads() { platform.adviseRandomReads(handle) }

  package func lock(exclusively: Bool) throws(FileError) -> Bool {
    do { return try platform.lock(handle, exclusively: exclusively) } catch {
      throw FileError("lock", path, error)
    }
  }
}
