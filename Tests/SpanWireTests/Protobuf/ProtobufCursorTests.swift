import SpanWire
import Testing

struct ProtobufCursorTests {
  @Test(
    arguments: [
      ([0], 0), ([0x7f], 127), ([0x80, 1], 128), ([0xff, 0x7f], 16_383), ([0x80, 0x80, 1], 16_384),
      ([0x81, 0x80, 0x00], 1),
      ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], UInt64.max),
      // Bits past the 64th are dropped.
      ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], UInt64.max),
    ] as [([UInt8], UInt64)])
  func `a varint of up to ten bytes is read whole`(bytes: [UInt8], value: UInt64) throws {
    try read(bytes) { (cursor: inout ProtobufCursor) throws in
      #expect(try cursor.readVarint() == value)
      #expect(cursor.isAtEnd)
    }
  }

  @Test(
    arguments: [
      ([], WireError(.truncated, position: 0)), ([0x80], WireError(.truncated, position: 0)),
      ([UInt8](repeating: 0xff, count: 9), WireError(.truncated, position: 0)),
      ([UInt8](repeating: 0xff, count: 10), WireError(.varintTooLong, position: 0)),
      ([UInt8](repeating: 0x80, count: 12), WireError(.varintTooLong, position: 0)),
    ] as [([UInt8], WireError)])
  func `a varint without an end is refused`(bytes: [UInt8], error: WireError) {
    #expect(throws: error) {
      try read(bytes) { (cursor: inout ProtobufCursor) throws in _ = try cursor.readVarint() }
    }
  }

  @Test(
    arguments: [
      ([0x08], 1, .varint), ([0x0a], 1, .bytes), ([0x7d], 15, .fixed32), ([0x85, 0x01], 16, .fixed32),
      ([0x8a, 0x80, 0x80, 0x80, 0x00], 1, .bytes),
      ([0xfd, 0xff, 0xff, 0xff, 0x0f], 0x1fff_ffff, .fixed32),
    ] as [([UInt8], UInt32, ProtobufTag.WireType)])
  func `a tag is a number and a wire type`(
    bytes: [UInt8], number: UInt32, wireType: ProtobufTag.WireType
  ) throws {
    try read(bytes) { (cursor: inout ProtobufCursor) throws in
      #expect(try cursor.readTag() == ProtobufTag(number, wireType))
      #expect(cursor.isAtEnd)
    }
  }

  @Test(
    arguments: [
      [0x00], [0x02], [0x0e], [0x0f], [0x86, 0x01], [0x80, 0x00],
      // Six bytes; and more than 32 bits.
      [0x8a, 0x80, 0x80, 0x80, 0x80, 0x00], [0xfd, 0xff, 0xff, 0xff, 0x1f],
    ] as [[UInt8]])
  func `field number 0, wire types 6 and 7 and tags over 32 bits are refused`(bytes: [UInt8]) {
    #expect(throws: WireError(.invalidTag, position: 0)) {
      try read(bytes) { (cursor: inout ProtobufCursor) throws in _ = try cursor.readTag() }
    }
  }

  @Test(
    arguments: [
      [0x03, 1, 2], [0x80, 0x80, 0x80, 0x80, 0x08, 1],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1],
    ] as [[UInt8]])
  func `a length above what is left is refused, whatever it claims`(bytes: [UInt8]) {
    #expect(throws: WireError(.truncated, position: 0)) {
      try read(bytes) { (cursor: inout ProtobufCursor) throws in _ = try cursor.readBytes() }
    }
  }

  @Test func `fixed numbers are little-endian and need all their bytes`() throws {
    try read([1, 0, 0, 0x80, 2, 0, 0, 0, 0, 0, 0, 0, 9]) { (cursor: inout ProtobufCursor) throws in
      #expect(try cursor.readFixed32() == 0x8000_0001)
      #expect(try cursor.readFixed64() == 2)
      #expect(throws: WireError(.truncated, position: 12)) { try cursor.readFixed32() }
      #expect(throws: WireError(.truncated, position: 12)) { try cursor.readFixed64() }
      #expect(cursor.byteCountLeft == 1)
    }
  }

  @Test func `positions within a message count from the outermost start`() throws {
    try read([0x12, 0x03, 0x08, 0x80, 0x80]) { (cursor: inout ProtobufCursor) throws in
      _ = try cursor.readTag()
      var message = try cursor.readMessage()
      #expect(cursor.isAtEnd)
      _ = try message.readTag()
      #expect(message.position == 3)
      #expect(throws: WireError(.truncated, position: 3)) { try message.readVarint() }
    }
  }

  @Test func `an empty buffer without an address is at its end`() {
    #expect(ProtobufCursor(UnsafeRawBufferPointer(start: nil, count: 0)).isAtEnd)
  }
}

/// Reads `bytes` with a cursor.
func read(_ bytes: [UInt8], _ body: (inout ProtobufCursor) throws -> Void) rethrows {
  try bytes.withUnsafeBytes { buffer in
    var cursor = ProtobufCursor(buffer)
    try body(&cursor)
  }
}
