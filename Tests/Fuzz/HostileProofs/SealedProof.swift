internal import SpanModel
internal import SpanTestKit
internal import SpanWire

/// A sealed segment with any damage reads as it was written or is told as damage, whatever is damaged.
///
/// With checksums computed again its blocks can say anything: then only that nothing traps, all ends, and
/// nothing reads as far more than the file can hold.
package struct SealedProof: FuzzProof {
  private static let whole: SealedBytes = {
    do { return try segment() } catch { preconditionFailure("cannot seal: \(error)") }
  }()

  private static let members: [SealedBytes.Member] = {
    do { return try SealedReading(whole.bytes).members } catch { preconditionFailure("it reads: \(error)") }
  }()

  private static let parts: SealedParts = {
    do { return try SealedParts(whole.bytes) } catch { preconditionFailure("it comes apart: \(error)") }
  }()

  /// Spans of a small file together, in bytes.
  private static let readByteCountMax = 64 << 20

  package init() {}

  package static func seed(_ number: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: number)
    return (0..<Int.random(in: 4...48, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? {
    var script = ScriptReader(input)
    let isSealed = script.byte() % 8 != 0
    let bytes = isSealed ? Self.sealed(&script) : Self.damaged(&script)
    do throws(FormatError) {
      let reading = try SealedReading(bytes)
      let byteCount = reading.members.reduce(0) { $0 + $1.span.count }
      if byteCount > Self.readByteCountMax { return "\(bytes.count) bytes read as \(byteCount)" }
      return isSealed || reading.members == Self.members ? nil : "it reads otherwise"
    } catch {
      return nil
    }
  }

  // MARK: Damage

  private static func damaged(_ script: inout ScriptReader) -> [UInt8] {
    var bytes = whole.bytes
    while !script.isAtEnd, !bytes.isEmpty { edit(&bytes, &script) }
    return bytes
  }

  private static func sealed(_ script: inout ScriptReader) -> [UInt8] {
    var edits: [Int: SealedParts.Edited] = [:]
    let (footerPlace, footerValue) = (8 * script.choice(of: 64), script.value())
    while !script.isAtEnd {
      let number = script.choice(of: blocks.count)
      edits[number] = edited(edits[number], blocks[number], &script)
    }
    var output = SealedParts.Output(salt: parts.footer.salt, edits: edits)
    let tablePosition = parts.assemble(into: &output)
    var footer = whole.footer
    footer.tablePosition = UInt64(tablePosition)
    footer.fileByteCount = UInt64(output.bytes.count + 2 * SealedFooter.byteCount)
    var footerBytes = footer.encoded()
    // Of those of its numbers that are no part of the checksums.
    if footerPlace >= 56, footerPlace < 176 { write(footerValue, at: footerPlace, of: &footerBytes) }
    seal(&footerBytes)
    return footerBytes + output.bytes + footerBytes
  }

  /// What stands in each block when none is edited.
  private static let blocks: [SealedParts.Block] = {
    var output = SealedParts.Output(salt: parts.footer.salt, edits: [:])
    parts.assemble(into: &output)
    return output.blocks
  }()

  private static func edited(
    _ before: SealedParts.Edited?, _ block: SealedParts.Block, _ script: inout ScriptReader
  ) -> SealedParts.Edited {
    let isStored = script.byte() % 8 == 0
    switch before
      ?? (isStored ? .stored(block.stored, rawByteCount: UInt32(block.raw.count)) : .raw(block.raw))
    {
    case .raw(var raw):
      edit(&raw, &script)
      return .raw(raw)
    case .stored(var stored, var rawByteCount):
      if script.byte() % 4 == 0 { rawByteCount = UInt32(truncatingIfNeeded: script.value()) }
      edit(&stored, &script)
      return .stored(stored, rawByteCount: rawByteCount)
    }
  }

  private static func edit(_ bytes: inout [UInt8], _ script: inout ScriptReader) {
    let kind = script.byte() % 10
    let place = bytes.isEmpty ? 0 : script.number() % bytes.count
    let end = min(bytes.count, place + script.choice(of: 24))
    switch kind {
    case 0: if place < bytes.count { bytes[place] ^= 1 << (script.byte() % 8) }
    case 1: if place < bytes.count { bytes[place] = script.byte() }
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: script.bytes(script.choice(of: 12)), at: place)
    case 4: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
    case 5: write(script.value(), at: place, of: &bytes)
    case 6: write(script.value(), at: script.choice(of: 4) * 8, of: &bytes)
    case 7:
      var varint = ProtobufWriter()
      varint.writeVarint(script.value())
      bytes.replaceSubrange(place..<min(bytes.count, place + 1), with: varint.bytes)
    case 8: bytes.removeLast(bytes.count - place)
    default:
      let other = Array(blocks[script.choice(of: blocks.count)].raw.prefix(script.number() % 512))
      bytes.replaceSubrange(place..<end, with: other)
    }
  }

  private static func write(_ value: UInt64, at place: Int, of bytes: inout [UInt8]) {
    for number in 0..<8 where place + number < bytes.count {
      bytes[place + number] = UInt8(truncatingIfNeeded: value >> UInt64(8 * number))
    }
  }

  private static func seal(_ footer: inout [UInt8]) {
    let checksum = footer[..<508].withUnsafeBytes { CRC32C.checksum($0) }
    footer.replaceSubrange(508..<512, with: PlainBlock.littleEndian(checksum))
  }
}

// MARK: The segment

extension SealedProof {
  /// A few KiB of several row groups: texts in the dictionary, patterns and others, numbers, events.
  private static func segment() throws -> SealedBytes {
    var options = SegmentEncoder.Options()
    options.rowGroupByteCount = 700
    let members = (0..<20 as Range<UInt64>).map { number in
      let traceID = TraceID(high: 1, low: number / 3)
      return SealedBytes.Member(traceID, number + 1, span(traceID, number))
    }
    return try SealedBytes(members, options: options)
  }

  private static func span(_ traceID: TraceID, _ number: UInt64) -> [UInt8] {
    var span = ProtobufWriter()
    span.writeBytes(
      PlainBlock.littleEndian(traceID.high.byteSwapped) + PlainBlock.littleEndian(traceID.low.byteSwapped),
      field: 1)
    span.writeBytes(PlainBlock.littleEndian((number + 1).byteSwapped), field: 2)
    if number % 3 > 0 { span.writeBytes(PlainBlock.littleEndian(number.byteSwapped), field: 4) }
    span.writeString(number % 2 == 0 ? "GET /cart" : "checkout", field: 5)
    span.writeFixed64(1_700_000_000_000_000_000 + number * 1_000, field: 7)
    span.writeFixed64(1_700_000_000_000_000_000 + number * 1_777, field: 8)
    if number == 7 { for text in manyTexts { span.writeBytes(attribute("user", 1, text), field: 9) } }
    if number == 8 { span.writeBytes([UInt8](repeating: 1, count: 10), field: 99) }
    span.writeBytes(attribute("user", 1, Array("user \(1_000 + number)".utf8)), field: 9)
    span.writeBytes(attribute("ok", 2, [UInt8(number % 2)]), field: 9)
    if number % 4 == 0 { span.writeBytes(event(number), field: 11) }
    return span.bytes
  }

  /// So many different ones that those of later spans are taken for patterns.
  private static let manyTexts: [[UInt8]] = {
    var texts: [[UInt8]] = []
    for first in UInt8(97)...122 {
      for second in UInt8(97)...117 { texts.append([first, second]) }
    }
    return texts
  }()

  private static func attribute(_ key: String, _ field: UInt32, _ value: [UInt8]) -> [UInt8] {
    var any = ProtobufWriter()
    if field == 1 {
      any.writeBytes(value, field: field)
    } else {
      any.writeUInt64(UInt64(value[0]), field: field)
    }
    var pair = ProtobufWriter()
    pair.writeString(key, field: 1)
    pair.writeBytes(any.bytes, field: 2)
    return pair.bytes
  }

  private static func event(_ number: UInt64) -> [UInt8] {
    var event = ProtobufWriter()
    event.writeFixed64(1_700_000_000_000_000_000 + number * 1_500, field: 1)
    event.writeBytes(attribute("trace", 1, Array("deadbeef0\(number)".utf8)), field: 3)
    return event.bytes
  }
}
