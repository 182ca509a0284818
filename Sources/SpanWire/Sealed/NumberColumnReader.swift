/// The values of one number column of a row group, one after the other.
struct NumberColumnReader: BitwiseCopyable {
  private var values = PlainArray<UInt64>()
  private var next = 0

  func deallocate() { values.deallocate() }

  mutating func open(count: Int, from cursor: inout ProtobufCursor) throws(FormatError) {
    next = 0
    try PackedIntegers.read(count, from: &cursor, into: &values)
  }

  @inline(__always)
  mutating func take() throws(FormatError) -> UInt64 {
    guard next < values.count else { throw .field("number count") }
    next &+= 1
    return values[next &- 1]
  }
}
