import Glibc

/// Where a decompressor gets its bytes from.
package protocol ByteSource: ~Copyable {
  /// Reads some bytes into the start of `buffer`, waiting for the first of them.
  ///
  /// - Returns: how many; 0 at the end and ever after.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> Int
}

/// The bytes of an open file, pipe or terminal from where it stands. Does not close the descriptor.
package struct DescriptorSource: ByteSource, ~Copyable {
  private let descriptor: CInt
  private var position: UInt64 = 0

  package init(descriptor: CInt) { self.descriptor = descriptor }

  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> Int {
    while true {
      let byteCount = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if byteCount >= 0 {
        position += UInt64(byteCount)
        return byteCount
      }
      guard errno == EINTR else { throw SourceError(code: errno, position: position) }
    }
  }
}

extension SourceError: CustomStringConvertible {
  package var description: String {
    "cannot read at byte \(position): \(String(cString: strerror(code))) (errno \(code))"
  }
}
