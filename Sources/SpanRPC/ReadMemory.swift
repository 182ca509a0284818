/// What the connections of one event loop read into when the bytes are not known to be a body's bulk.
///
/// One for all of them, because each read is used up before the next one begins; so idle connections hold
/// none.
final class ReadMemory {
  /// Bodies from here on are received in place, but for their beginning.
  static let bulkyByteCountMin = 64 << 10

  /// Room in a body below which a read of its own is dearer than a copy.
  static let inPlaceByteCountMin = 16 << 10

  /// What is read of a bulky request with its header, to be copied. Less would save nothing that can be
  /// measured.
  private static let beginningByteCount = 4096

  private let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = .allocate(byteCount: max(byteCount, Self.beginningByteCount), alignment: 4096)
  }

  deinit { bytes.deallocate() }

  /// - Parameter expectingBulk: whether a bulky request probably begins, so that little of it should be
  ///   copied.
  func bytes(expectingBulk: Bool) -> UnsafeMutableRawBufferPointer {
    expectingBulk ? UnsafeMutableRawBufferPointer(rebasing: bytes[..<Self.beginningByteCount]) : bytes
  }
}
