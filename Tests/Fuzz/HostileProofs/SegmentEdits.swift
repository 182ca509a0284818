internal import SpanTestKit
internal import SpanWire

/// Damages the bytes of a segment as a script says.
///
/// With `seals` it may also write chosen values into fields, and computes the checksums again afterwards,
/// so that what was written gets behind them. Without, what it writes cannot be chosen well enough to fit a
/// checksum, not even by a fuzzer that looks at what is compared.
struct SegmentEdits {
  let store: SmallStore
  let seals: Bool
  private(set) var bytes: [UInt8]

  /// Position and width of the fields of each header; `docs/format.md` names them.
  private static let segmentFields = [
    (8, 2), (10, 2), (12, 4), (32, 8), (48, 8), (72, 4), (76, 4), (80, 4), (96, 8), (104, 8), (112, 4),
  ]
  private static let frameFields = [
    (4, 1), (5, 1), (6, 2), (8, 8), (16, 8), (24, 8), (32, 8), (40, 8), (56, 8), (64, 4), (68, 4), (72, 4),
  ]
  private static let recordFields = [
    (0, 1), (1, 1), (2, 2), (6, 2), (8, 8), (32, 4), (36, 4), (40, 4), (44, 4), (48, 4), (52, 4), (56, 4),
    (60, 4),
  ]

  init(_ store: SmallStore, seals: Bool, reusing bytes: consuming [UInt8]) {
    self.store = store
    self.seals = seals
    bytes.removeAll(keepingCapacity: true)
    bytes += store.bytes
    self.bytes = bytes
  }

  mutating func run(_ script: inout ScriptReader) {
    while !script.isAtEnd { edit(&script) }
  }

  private mutating func edit(_ script: inout ScriptReader) {
    switch script.byte() % (seals ? 10 : 6) {
    case 0: flip(&script)
    case 1: scramble(&script)
    case 2: fill(&script)
    case 3: copy(&script)
    case 4: if script.byte() % 4 == 0 { resize(&script) } else { flip(&script) }
    case 5: swapFrames(&script)
    case 6: set(Self.segmentFields, at: script.byte() % 2 == 0 ? 0 : SegmentHeader.byteCount, &script)
    case 7: set(Self.frameFields, at: frame(&script).position, &script)
    case 8: if let record = record(&script) { set(Self.recordFields, at: record.position, &script) }
    default: if let record = record(&script) { writePart(of: record, &script) }
    }
  }

  private func frame(_ script: inout ScriptReader) -> SmallStore.Frame {
    store.frames[script.choice(of: store.frames.count)]
  }

  private func record(_ script: inout ScriptReader) -> SmallStore.Record? {
    let records = frame(&script).records
    return records.isEmpty ? nil : records[script.choice(of: records.count)]
  }

  private func position(_ script: inout ScriptReader) -> Int {
    bytes.isEmpty ? 0 : script.number() % bytes.count
  }

  private mutating func flip(_ script: inout ScriptReader) {
    let position = position(&script)
    if position < bytes.count { bytes[position] ^= 1 << (script.byte() % 8) }
  }

  private mutating func scramble(_ script: inout ScriptReader) {
    let position = position(&script)
    var random = SeededRandom(seed: UInt64(script.byte()))
    for place in position..<min(bytes.count, position + script.choice(of: 64) + 1) {
      bytes[place] = UInt8(truncatingIfNeeded: random.next())
    }
  }

  private mutating func fill(_ script: inout ScriptReader) {
    let position = position(&script)
    let value: UInt8 = script.byte() % 2 == 0 ? 0 : 255
    for place in position..<min(bytes.count, position + script.number() % 5000) { bytes[place] = value }
  }

  private mutating func copy(_ script: inout ScriptReader) {
    let (from, to, count) = (position(&script), position(&script), script.number() % 5000)
    let copied = Array(bytes[from..<min(bytes.count, from + count)])
    let end = min(bytes.count, to + copied.count)
    bytes.replaceSubrange(to..<end, with: copied[..<(end - to)])
  }

  private mutating func resize(_ script: inout ScriptReader) {
    let position = position(&script)
    if script.byte() % 2 == 0 {
      bytes.removeSubrange(position...)
    } else {
      bytes += [UInt8](repeating: script.byte() % 2 == 0 ? 0 : 0x53, count: position % 10_000)
    }
  }

  private mutating func swapFrames(_ script: inout ScriptReader) {
    let first = frame(&script).position
    let second = frame(&script).position
    guard first != second, max(first, second) + 4096 <= bytes.count else { return }
    let kept = Array(bytes[first..<first + 4096])
    bytes.withUnsafeMutableBytes { bytes in
      // SAFETY: both pages lie within the bytes, by the comparison before.
      let base = bytes.baseAddress!
      (base + first).copyMemory(from: base + second, byteCount: 4096)
    }
    bytes.replaceSubrange(second..<second + 4096, with: kept)
  }

  private mutating func set(_ fields: [(Int, Int)], at start: Int, _ script: inout ScriptReader) {
    let (offset, width) = fields[script.choice(of: fields.count)]
    let value = script.value()
    guard start + offset + width <= bytes.count else { return }
    for place in 0..<width {
      bytes[start + offset + place] = UInt8(truncatingIfNeeded: value >> UInt64(8 * place))
    }
  }

  /// Writes into the directory, or into the body of a record that has none, which is a tombstone.
  private mutating func writePart(of record: SmallStore.Record, _ script: inout ScriptReader) {
    let layout = RecordLayout(of: record.header, at: UInt64(record.position))
    let hasDirectory = layout.directoryByteCount > 0
    let start = record.position + (hasDirectory ? layout.directoryPosition : layout.bodyPosition)
    let place = start + script.number() % (hasDirectory ? layout.directoryByteCount : layout.bodyByteCount)
    let written = script.bytes(script.choice(of: 24))
    guard place + written.count <= bytes.count else { return }
    for (number, byte) in written.enumerated() { bytes[place + number] = byte }
  }
}
