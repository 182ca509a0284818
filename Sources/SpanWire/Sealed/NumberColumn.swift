/// The values of one number column on their way into a row group.
struct NumberColumn: BitwiseCopyable {
  private(set) var values = PlainArray<UInt64>()

  func deallocate() { values.deallocate() }

  @inline(__always)
  mutating func append(_ value: UInt64) { values.append(value) }

  mutating func flush(into bytes: inout PlainArray<UInt8>) {
    PackedIntegers.append(values.elements, to: &bytes)
    values.removeAll()
  }
}
