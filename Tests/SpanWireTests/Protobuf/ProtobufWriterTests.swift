import SpanWire
import Testing

struct ProtobufWriterTests {
  @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, 1 << 32 - 1, UInt64.max >> 1, UInt64.max] as [UInt64])
  func `a varint reads back and is as long as foretold`(value: UInt64) throws {
    var writer = ProtobufWriter()
    writer.writeVarint(value)
    #expect(writer.bytes.count == ProtobufWriter.varintByteCount(of: value))
    try read(writer.bytes) { (cursor: inout ProtobufCursor) throws in
      #expect(try cursor.readVarint() == value)
    }
  }

  @Test func `fields read back in order`() throws {
    var writer = ProtobufWriter()
    writer.writeUInt64(300, field: 1)
    writer.writeFixed64(.max - 1, field: 2)
    writer.writeString("ä", field: 3)
    writer.writeBytes([1, 2], field: 20)
    try read(writer.bytes) { (cursor: inout ProtobufCursor) throws in
      #expect(try cursor.readTag() == ProtobufTag(1, .varint))
      #expect(try cursor.readVarint() == 300)
      #expect(try cursor.readTag() == ProtobufTag(2, .fixed64))
      #expect(try cursor.readFixed64() == .max - 1)
      #expect(try cursor.readTag() == ProtobufTag(3, .bytes))
      #expect(try [UInt8](cursor.readBytes()) == [0xc3, 0xa4])
      #expect(try cursor.readTag() == ProtobufTag(20, .bytes))
      #expect(try [UInt8](cursor.readBytes()) == [1, 2])
      #expect(cursor.isAtEnd)
    }
  }
}
