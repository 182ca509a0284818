/// Puts right a single changed byte: of one byte a checksum tells not only that it is wrong, but which it is
/// and what it was.
///
/// For salvage only, and only of the small sections on which everything else depends: larger damage of a
/// block of N bytes looks like a single changed byte with a chance of N in 2^24, and is then told apart only
/// by what the block says.
package enum SealedMend {
  /// Of the block as it is stored.
  package static let byteCountMax = 1 << 20

  /// The bytes of a block with one of them put right.
  ///
  /// - Parameters:
  ///   - bytes: all of the block, whose checksum is wrong.
  ///   - position: where in the file they stand.
  /// - Returns: `nil` when that does not make it whole.
  package static func block(_ bytes: [UInt8], salt: FileSalt, at position: UInt64) -> [UInt8]? {
    guard bytes.count >= SealedBlock.headerByteCount, bytes.count <= byteCountMax else { return nil }
    let (computed, stored) = bytes.withUnsafeBytes { bytes in
      let covered = UnsafeRawBufferPointer(rebasing: bytes[4...])
      return (
        CRC32C.checksum(covered) ^ salt.mask(at: position),
        UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
      )
    }
    let candidates =
      [withChecksum(computed, insteadOf: stored, bytes)] + places(of: computed ^ stored, in: bytes)
    let whole = candidates.compactMap(\.self).filter { mended in
      mended.withUnsafeBytes { SealedFault.find(inBlock: $0, salt: salt, at: position) } == nil
    }
    return whole.count == 1 ? whole[0] : nil
  }

  /// The checksum itself, when one of its bytes is wrong.
  private static func withChecksum(_ computed: UInt32, insteadOf stored: UInt32, _ bytes: [UInt8]) -> [UInt8]?
  {
    let wrong = computed ^ stored
    guard (0..<4).count(where: { wrong >> (8 * $0) & 0xff != 0 }) == 1 else { return nil }
    var mended = bytes
    for place in 0..<4 { mended[place] = UInt8(truncatingIfNeeded: computed >> (8 * UInt32(place))) }
    return mended
  }

  /// Each way to explain a difference of checksums by one byte behind them.
  ///
  /// A checksum is linear: the difference that a changed byte makes at once is a table's entry, and every
  /// byte behind it moves that on. Going back from the end, byte by byte, it is looked for in the table.
  private static func places(of difference: UInt32, in bytes: [UInt8]) -> [[UInt8]?] {
    let table = (0..<256).map { entry(UInt32($0)) }
    var places = [UInt8](repeating: 0, count: 256)
    for (number, entry) in table.enumerated() { places[Int(entry >> 24)] = UInt8(number) }
    var found: [[UInt8]?] = []
    var rest = difference
    for place in stride(from: bytes.count - 1, through: 4, by: -1) {
      let number = places[Int(rest >> 24)]
      if table[Int(number)] == rest {
        var mended = bytes
        mended[place] ^= number
        found.append(mended)
      }
      rest = (rest ^ table[Int(number)]) << 8 | UInt32(number)
    }
    return found
  }

  /// What CRC-32C makes of one byte.
  private static func entry(_ byte: UInt32) -> UInt32 {
    (0..<8).reduce(byte) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0x82f6_3b78 : 0) }
  }
}

// MARK: Lists

extension SealedMend {
  /// The bytes of a list with one of them put right: in one of its blocks, or behind the last.
  package static func list(_ bytes: [UInt8], salt: FileSalt, at start: UInt64) -> [UInt8]? {
    guard bytes.count >= ItemList.trailerByteCount else { return nil }
    let faults = bytes.withUnsafeBytes { SealedFault.find(inList: $0, salt: salt, at: start) }
    for fault in faults {
      let end = min(Int(fault.place.upperBound - start), bytes.count - ItemList.trailerByteCount)
      let place = Int(fault.place.lowerBound - start)..<end
      guard !place.isEmpty, let block = block(Array(bytes[place]), salt: salt, at: fault.place.lowerBound)
      else {
        continue
      }
      var mended = bytes
      mended.replaceSubrange(place, with: block)
      if isWhole(mended, salt, start) { return mended }
    }
    // Else it is in a block, and no other trailer makes that whole.
    guard faults.allSatisfy({ $0.place.upperBound == start + UInt64(bytes.count) }) else { return nil }
    return trailer(bytes, salt, start)
  }

  /// Where the directory stands has no checksum, but only there one is found.
  private static func trailer(_ bytes: [UInt8], _ salt: FileSalt, _ start: UInt64) -> [UInt8]? {
    var found: [[UInt8]] = []
    for place in bytes.count - ItemList.trailerByteCount..<bytes.count {
      for value in 0...UInt8.max where value != bytes[place] {
        var mended = bytes
        mended[place] = value
        if isWhole(mended, salt, start) { found.append(mended) }
      }
    }
    return found.count == 1 ? found[0] : nil
  }

  private static func isWhole(_ bytes: [UInt8], _ salt: FileSalt, _ start: UInt64) -> Bool {
    bytes.withUnsafeBytes { SealedFault.find(inList: $0, salt: salt, at: start).isEmpty }
  }
}
