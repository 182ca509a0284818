package import SpanWire

/// A block of a sealed segment that is not compressed: whatever bytes a test puts into one.
package enum PlainBlock {
  package static func encoded(_ raw: [UInt8], salt: FileSalt, position: UInt64) -> [UInt8] {
    let count = UInt32(truncatingIfNeeded: raw.count)
    return encoded(raw, rawByteCount: count, salt: salt, position: position)
  }

  /// - Parameter stored: what stands in the block, compressed to it or not.
  package static func encoded(_ stored: [UInt8], rawByteCount: UInt32, salt: FileSalt, position: UInt64)
    -> [UInt8]
  {
    let covered =
      littleEndian(UInt32(truncatingIfNeeded: stored.count)) + littleEndian(rawByteCount) + stored
    let checksum = covered.withUnsafeBytes { CRC32C.checksum($0) } ^ salt.mask(at: position)
    return littleEndian(checksum) + covered
  }

  package static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
