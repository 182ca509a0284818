/// Byte strings by number, as `ItemListWriter` writes them.
package struct ItemList {
  struct Block {
    let firstItem: Int
    let position: Int
  }

  static let trailerByteCount = 8
  private static let directoryEntryByteCount = 12

  package let count: Int
  let blocks: [Block]
  /// Where the last block ends and the directory begins.
  let end: Int

  /// - Parameters:
  ///   - bytes: all of the list.
  ///   - start: where in the file it stands.
  package init(decoding bytes: UnsafeRawBufferPointer, salt: FileSalt, start: UInt64) throws(FormatError) {
    guard bytes.count >= Self.trailerByteCount, let base = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.trailerByteCount)
    }
    let position: UInt64 = (base + (bytes.count - Self.trailerByteCount)).littleEndian(at: 0)
    guard position <= UInt64(bytes.count - Self.trailerByteCount) else { throw .field("item list") }
    end = Int(position)
    var memory = PlainArray<UInt8>()
    defer { memory.deallocate() }
    let directory = try SealedBlock.read(
      UnsafeRawBufferPointer(rebasing: bytes[end..<bytes.count - Self.trailerByteCount]), salt: salt,
      position: start + position, into: &memory)
    (blocks, count) = try Self.blocks(directory, end: end)
  }

  private static func blocks(_ directory: UnsafeRawBufferPointer, end: Int) throws(FormatError) -> (
    [Block], itemCount: Int
  ) {
    guard directory.count % directoryEntryByteCount == 4, let base = directory.baseAddress else {
      throw .field("item list")
    }
    let itemCount = Int(base.littleEndian(at: directory.count - 4, as: UInt32.self))
    var blocks: [Block] = []
    for number in 0..<directory.count / directoryEntryByteCount {
      // SAFETY: that many entries are there.
      let entry = base + number * directoryEntryByteCount
      let first = Int(entry.littleEndian(at: 0, as: UInt32.self))
      let position = entry.littleEndian(at: 4, as: UInt64.self)
      let isBehindLast =
        blocks.last.map { $0.firstItem < first && UInt64($0.position) < position }
        ?? (first == 0 && position == 0)
      guard isBehindLast, first < itemCount, position < UInt64(end) else { throw .field("item list") }
      blocks.append(Block(firstItem: first, position: Int(position)))
    }
    guard blocks.isEmpty == (itemCount == 0), !blocks.isEmpty || end == 0 else { throw .field("item list") }
    return (blocks, itemCount)
  }

  /// Hands out all items in order.
  @inline(__always)
  package func forEach(
    of bytes: UnsafeRawBufferPointer, salt: FileSalt, start: UInt64,
    _ body: (Int, UnsafeRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) {
    for number in blocks.indices {
      try forEach(inBlock: number, of: bytes, salt: salt, start: start, body)
    }
  }

  @inline(__always)
  private func forEach(
    inBlock number: Int, of bytes: UnsafeRawBufferPointer, salt: FileSalt, start: UInt64,
    _ body: (Int, UnsafeRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) {
    let first = blocks[number].firstItem
    let next = number + 1 < blocks.count ? blocks[number + 1].firstItem : count
    guard next - first <= ItemListWriter.blockItemCountMax else { throw .field("item count") }
    let blockEnd = number + 1 < blocks.count ? blocks[number + 1].position : end
    var memory = PlainArray<UInt8>()
    var byteCounts = PlainArray<UInt64>()
    defer {
      memory.deallocate()
      byteCounts.deallocate()
    }
    let stored = UnsafeRawBufferPointer(rebasing: bytes[blocks[number].position..<blockEnd])
    let raw = try SealedBlock.read(
      stored, salt: salt, position: start + UInt64(blocks[number].position), into: &memory)
    var cursor = ProtobufCursor(raw)
    try PackedIntegers.read(next - first, from: &cursor, into: &byteCounts)
    for item in 0..<next - first {
      let byteCount = byteCounts[item]
      guard byteCount <= UInt64(cursor.byteCountLeft) else { throw .field("item byte count") }
      let bytes = UnsafeRawBufferPointer(start: cursor.current, count: Int(byteCount))
      cursor.current += bytes.count
      try body(first + item, bytes)
    }
    guard cursor.isAtEnd else { throw .field("item byte count") }
  }
}
