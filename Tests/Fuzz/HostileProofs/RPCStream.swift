internal import SpanTestKit
internal import SpanWire

/// What a peer sends: frames whose lengths are right, with anything in them, and now and then no frame at
/// all.
struct RPCStream {
  private(set) var bytes: [UInt8] = []
  private var body: [UInt8] = []

  /// An append that is accepted.
  private static let append: [UInt8] = {
    var generator = RequestGenerator(seed: 1)
    return generator.request().bytes
  }()

  mutating func fill(from script: inout ScriptReader) {
    bytes.removeAll(keepingCapacity: true)
    while !script.isAtEnd {
      switch script.byte() % 8 {
      case 0: bytes += script.bytes(script.choice(of: 32))
      case 1: writeFrame(length: UInt32(truncatingIfNeeded: script.value()), &script)
      default:
        writeBody(&script)
        writeFrame(length: UInt32(RPCFrameHeader.countedByteCount + body.count), &script)
      }
    }
  }

  private mutating func writeFrame(length: UInt32, _ script: inout ScriptReader) {
    append(length)
    bytes.append(script.byte() % 16 == 15 ? script.byte() : RPCFrameHeader.currentVersion)
    let method = script.byte()
    bytes.append(method % 8 == 7 ? method : method % 16 | (method < 128 ? 0 : RPCMethod.answerBit))
    let flags = script.byte()
    bytes += [flags % 8, flags >= 240 ? script.byte() : 0]
    append(UInt32(script.byte()))
    bytes += body
    body.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ number: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
    }
  }

  private mutating func writeBody(_ script: inout ScriptReader) {
    body.removeAll(keepingCapacity: true)
    let kind = script.byte()
    switch kind % 6 {
    case 0: break
    case 1: body += script.bytes(script.choice(of: 64))
    case 2: body += Self.append
    default: for _ in 0..<kind / 64 + 1 { writeField(&script, depth: 0) }
    }
    if kind % 5 == 0 { compressBody(&script) }
  }

  /// A field of protobuf with a length that is right.
  private mutating func writeField(_ script: inout ScriptReader, depth: Int) {
    let kind = script.byte()
    let number = UInt64(kind % 16) + (kind >= 128 ? 31 : 0)
    let wireType = UInt64(script.byte() % 6)
    writeVarint(number << 3 | wireType)
    switch wireType {
    case 0: writeVarint(script.value())
    case 1: body += script.bytes(8)
    case 2:
      let start = body.count
      if depth < 2, kind % 3 == 0 {
        writeField(&script, depth: depth + 1)
      } else {
        body += script.bytes(Int(kind) / 8)
      }
      let content = Array(body[start...])
      body.removeSubrange(start...)
      writeVarint(UInt64(content.count))
      body += content
    case 5: body += script.bytes(4)
    default: break
    }
  }

  private mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      body.append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    body.append(UInt8(rest))
  }

  /// The body as an LZ4 block of literals, behind a size that need not be true.
  private mutating func compressBody(_ script: inout ScriptReader) {
    let literals = body
    body.removeAll(keepingCapacity: true)
    let claim = script.byte() % 4 == 0 ? UInt32(truncatingIfNeeded: script.value()) : UInt32(literals.count)
    for shift in stride(from: 0, to: 32, by: 8) {
      body.append(UInt8(truncatingIfNeeded: claim >> UInt32(shift)))
    }
    body.append(literals.count < 15 ? UInt8(literals.count << 4) : 0xf0)
    if literals.count >= 15 {
      body += [UInt8](repeating: 255, count: (literals.count - 15) / 255)
      body.append(UInt8((literals.count - 15) % 255))
    }
    body += literals
  }
}
