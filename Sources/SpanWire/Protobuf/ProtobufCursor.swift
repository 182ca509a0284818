/// Reads protobuf wire format from front to back; total over any bytes.
///
/// Every read is guarded by one comparison against the bytes that are left, so no input can make it
/// read outside `current..<end`. Positions in errors count from `origin`.
///
/// It accepts what swift-protobuf accepts, oddities included (tags of up to five bytes, but of ten within
/// groups), so that nothing is stored which a reader would then refuse at the levels walked here.
///
/// Format: <https://protobuf.dev/programming-guides/encoding/>.
package struct ProtobufCursor {
  package var current: UnsafeRawPointer
  package let end: UnsafeRawPointer
  package let origin: UnsafeRawPointer

  /// A cursor over `bytes`.
  ///
  /// - Parameter bytes: must outlive the cursor. An empty buffer without a base address is allowed.
  package init(_ bytes: UnsafeRawBufferPointer) {
    // SAFETY: an empty buffer may have no address; any address serves, since none of it is ever read.
    let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    self.init(current: start, end: start + bytes.count, origin: start)
  }

  @inline(__always)
  package init(current: UnsafeRawPointer, end: UnsafeRawPointer, origin: UnsafeRawPointer) {
    self.current = current
    self.end = end
    self.origin = origin
  }

  @inline(__always)
  package var isAtEnd: Bool { current == end }

  /// Bytes between the origin and the next byte to read.
  @inline(__always)
  package var position: Int { current - origin }

  @inline(__always)
  package var byteCountLeft: Int { end - current }

  /// Reads a length and steps over that many bytes.
  ///
  /// - Returns: the bytes stepped over.
  @inline(__always)
  package mutating func readBytes() throws(WireError) -> UnsafeRawBufferPointer {
    let start = current
    let byteCount = try readLength()
    guard byteCount <= UInt64(UInt(bitPattern: end - current)) else {
      throw WireError(.truncated, position: start - origin)
    }
    let bytes = UnsafeRawBufferPointer(start: current, count: Int(truncatingIfNeeded: byteCount))
    current += bytes.count
    return bytes
  }

  /// Reads a length and steps over that many bytes.
  ///
  /// - Returns: a cursor over the bytes stepped over, whose positions count from this one's origin.
  @inline(__always)
  package mutating func readMessage() throws(WireError) -> ProtobufCursor {
    let bytes = try readBytes()
    return ProtobufCursor(current: current - bytes.count, end: current, origin: origin)
  }

  @inline(__always)
  package mutating func readFixed64() throws(WireError) -> UInt64 {
    guard end - current >= 8 else { throw WireError(.truncated, position: position) }
    let value = current.loadUnaligned(as: UInt64.self)
    current += 8
    return UInt64(littleEndian: value)
  }

  @inline(__always)
  package mutating func readFixed32() throws(WireError) -> UInt32 {
    guard end - current >= 4 else { throw WireError(.truncated, position: position) }
    let value = current.loadUnaligned(as: UInt32.self)
    current += 4
    return UInt32(littleEndian: value)
  }
}
