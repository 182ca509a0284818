internal import SpanTestKit
internal import SpanWire

/// A sealed segment taken apart into its blocks, to be put together again with some of them edited.
///
/// Positions, directories, the table of sections and all checksums are made to fit, so that an edit gets to
/// whoever reads what is in a block; only then are those edited that are blocks themselves.
struct SealedParts {
  struct Block {
    let raw: [UInt8]
    let stored: [UInt8]
  }

  private enum Part {
    case rowGroups([(hash: UInt64, keys: Block, values: Block)])
    case list([(firstItem: UInt32, block: Block)], itemCount: UInt32)
    /// Where row groups begin is known when they are put together.
    case fences
    case block(Block)
  }

  /// What becomes of a block.
  enum Edited {
    case raw([UInt8])
    case stored([UInt8], rawByteCount: UInt32)
  }

  let footer: SealedFooter
  private var parts: [(section: SealedSection, part: Part)] = []

  init(_ bytes: [UInt8]) throws {
    let reading = try SealedReading(bytes)
    footer = reading.layout.footer
    for section in reading.layout.sections {
      parts.append((section, try Self.part(section, of: reading.layout, bytes)))
    }
  }

  private static func part(_ section: SealedSection, of layout: SealedLayout, _ bytes: [UInt8]) throws -> Part
  {
    let salt = layout.footer.salt
    let (begin, end) = (Int(section.position), Int(section.position + section.byteCount))
    switch SealedSection.ID(rawValue: section.id) {
    case .rowGroups:
      return .rowGroups(
        try layout.firstHashes.indices.map { number in
          let keys = try block(at: Int(layout.positions[number]), bytes, salt)
          let values = try block(at: Int(layout.positions[number]) + 12 + keys.stored.count, bytes, salt)
          return (layout.firstHashes[number], keys, values)
        })
    case .fences: return .fences
    case .columns, .templates, .dictionary, .resources, .scopes, .tagFilters:
      let directoryPosition = number(bytes[end - 8..<end])
      let directory = try block(at: begin + directoryPosition, bytes, salt).raw
      let blocks = try stride(from: 0, to: directory.count - 4, by: 12).map { entry in
        let position = begin + number(directory[entry + 4..<entry + 12])
        return (UInt32(number(directory[entry..<entry + 4])), try block(at: position, bytes, salt))
      }
      return .list(blocks, itemCount: UInt32(number(directory.suffix(4))))
    default: return .block(try block(at: begin, bytes, salt))
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static func block(at position: Int, _ bytes: [UInt8], _ salt: FileSalt) throws -> Block {
    let rest = bytes[position...]
    let header = try rest.withUnsafeBytes { try SealedBlock(header: $0) }
    let raw = try rest.prefix(header.byteCount).withUnsafeBytes {
      try SealedLayout.block($0, salt, at: UInt64(position))
    }
    return Block(raw: raw, stored: Array(rest.dropFirst(12).prefix(header.storedByteCount)))
  }

  // MARK: Putting together

  /// All of the file but for its footers.
  ///
  /// - Returns: where the table of sections begins.
  @discardableResult
  func assemble(into output: inout Output) -> Int {
    var table: [UInt8] = []
    var fences: [UInt8] = []
    for (section, part) in parts {
      let start = output.position
      switch part {
      case .rowGroups(let groups):
        for group in groups {
          fences += PlainBlock.littleEndian(group.hash) + PlainBlock.littleEndian(UInt64(output.position))
          output.append(group.keys)
          output.append(group.values)
        }
        fences += PlainBlock.littleEndian(UInt64(output.position))
      case .fences: output.append(Block(raw: fences, stored: fences))
      case .list(let blocks, let itemCount): output.append(list: blocks, itemCount: itemCount)
      case .block(let block): output.append(block)
      }
      table +=
        PlainBlock.littleEndian(section.id) + PlainBlock.littleEndian(UInt16(section.isRequired ? 1 : 0))
      table += [0, 0, 0, 0] + PlainBlock.littleEndian(UInt64(start))
      table += PlainBlock.littleEndian(UInt64(output.position - start))
    }
    let tablePosition = output.position
    output.append(Block(raw: table, stored: table))
    return tablePosition
  }

  /// Blocks one behind the other, some of them edited.
  struct Output {
    let salt: FileSalt
    /// By the number of the block.
    let edits: [Int: Edited]
    private(set) var bytes: [UInt8] = []
    /// As they came, not edited.
    private(set) var blocks: [Block] = []

    init(salt: FileSalt, edits: [Int: Edited]) {
      self.salt = salt
      self.edits = edits
    }

    var position: Int { SealedFooter.byteCount + bytes.count }

    mutating func append(_ block: Block) {
      let edited = edits[blocks.count] ?? .stored(block.stored, rawByteCount: UInt32(block.raw.count))
      blocks.append(block)
      switch edited {
      case .raw(let raw): bytes += PlainBlock.encoded(raw, salt: salt, position: UInt64(position))
      case .stored(let stored, let rawByteCount):
        bytes += PlainBlock.encoded(
          stored, rawByteCount: rawByteCount, salt: salt, position: UInt64(position))
      }
    }

    mutating func append(list blocks: [(firstItem: UInt32, block: Block)], itemCount: UInt32) {
      let start = position
      var directory: [UInt8] = []
      for (firstItem, block) in blocks {
        directory += PlainBlock.littleEndian(firstItem) + PlainBlock.littleEndian(UInt64(position - start))
        append(block)
      }
      directory += PlainBlock.littleEndian(itemCount)
      let end = UInt64(position - start)
      append(Block(raw: directory, stored: directory))
      bytes += PlainBlock.littleEndian(end)
    }
  }
}
