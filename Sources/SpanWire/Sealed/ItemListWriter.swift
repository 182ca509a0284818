/// Byte strings by number, a few of which can be read without the others.
///
///     ┌─ ─ ─ ─┬─ ─ ─ ─┬─ ─ ─┬──────────────────────────────────────────┬─────────────┐
///     │ block │ block │ …   │ directory, a block: of each its first    │ directory's │
///     │       │       │     │ item u32 and its position u64, and then  │ position    │
///     │       │       │     │ the item count u32                       │ u64         │
///     └─ ─ ─ ─┴─ ─ ─ ─┴─ ─ ─┴──────────────────────────────────────────┴─────────────┘
///
/// A block holds the byte counts of its items, packed, and then their bytes. Positions count from the start
/// of the list.
struct ItemListWriter {
  private static let blockByteCount = 64 << 10
  /// Items of a block: what empty ones can make a reader hold.
  static let blockItemCountMax = 1 << 16

  private let effort: SealedBlock.Effort?
  private let salt: FileSalt
  private let start: UInt64
  private var bytes = PlainArray<UInt8>()
  private var directory = PlainArray<UInt8>()
  private var byteCounts = PlainArray<UInt64>()
  private var held = PlainArray<UInt8>()
  private var block = PlainArray<UInt8>()
  private var itemCount = 0

  /// - Parameter start: where in the file the list will stand.
  init(effort: SealedBlock.Effort?, salt: FileSalt, start: UInt64) {
    self.effort = effort
    self.salt = salt
    self.start = start
  }

  func deallocate() {
    bytes.deallocate()
    directory.deallocate()
    byteCounts.deallocate()
    held.deallocate()
    block.deallocate()
  }

  mutating func append(_ item: UnsafeRawBufferPointer) {
    precondition(itemCount < UInt32.max, "a list that nobody would read")
    byteCounts.append(UInt64(item.count))
    held.append(item)
    itemCount += 1
    if held.count >= Self.blockByteCount || byteCounts.count == Self.blockItemCountMax { endBlock() }
  }

  private mutating func endBlock() {
    guard byteCounts.count > 0 else { return }
    directory.append(littleEndian: UInt32(itemCount - byteCounts.count))
    directory.append(littleEndian: UInt64(bytes.count))
    block.removeAll()
    PackedIntegers.append(byteCounts.elements, to: &block)
    block.append(held.bytes)
    SealedBlock.append(
      block.bytes, effort: effort, salt: salt, position: start + UInt64(bytes.count), to: &bytes)
    byteCounts.removeAll()
    held.removeAll()
  }

  /// All of the list.
  mutating func finish() -> UnsafeRawBufferPointer {
    endBlock()
    let position = UInt64(bytes.count)
    directory.append(littleEndian: UInt32(itemCount))
    SealedBlock.append(
      directory.bytes, effort: effort, salt: salt, position: start + position, to: &bytes)
    bytes.append(littleEndian: position)
    return bytes.bytes
  }
}
