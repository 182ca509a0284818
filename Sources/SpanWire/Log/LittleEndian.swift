// Integers as every file and frame of Spanlog holds them. The callers have checked the bounds: each
// decoder first compares the bytes it was given with the fixed size of what it reads.

extension UnsafeRawPointer {
  @inlinable @inline(__always)
  package func littleEndian<Value: FixedWidthInteger>(at byte: Int, as type: Value.Type = Value.self) -> Value
  {
    Value(littleEndian: loadUnaligned(fromByteOffset: byte, as: Value.self))
  }

  @inlinable @inline(__always)
  package func bigEndian<Value: FixedWidthInteger>(at byte: Int, as type: Value.Type = Value.self) -> Value {
    Value(bigEndian: loadUnaligned(fromByteOffset: byte, as: Value.self))
  }
}

extension UnsafeMutableRawPointer {
  @inlinable @inline(__always)
  package func storeLittleEndian<Value: FixedWidthInteger>(_ value: Value, at byte: Int) {
    storeBytes(of: value.littleEndian, toByteOffset: byte, as: Value.self)
  }

  @inlinable @inline(__always)
  package func storeBigEndian<Value: FixedWidthInteger>(_ value: Value, at byte: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: byte, as: Value.self)
  }
}

extension UnsafeRawBufferPointer {
  /// Whether every byte is zero, as unused bytes of a format must be.
  package var isAllZero: Bool {
    guard let baseAddress else { return true }
    var next = baseAddress
    let end = baseAddress + count
    // Eight words at a time: behind its last frame a segment has many megabytes of zeroes to look at.
    while end - next >= 64 {
      if next.loadUnaligned(as: SIMD8<UInt64>.self) != .zero { return false }
      next += 64
    }
    while end - next >= 8 {
      if next.loadUnaligned(as: UInt64.self) != 0 { return false }
      next += 8
    }
    while next < end {
      if next.load(as: UInt8.self) != 0 { return false }
      next += 1
    }
    return true
  }
}
