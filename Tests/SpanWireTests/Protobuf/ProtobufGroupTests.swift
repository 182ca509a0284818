import SpanWire
import Testing

struct ProtobufGroupTests {
  @Test(
    arguments: [
      [0x0b, 0x0c],
      [0x0b, 0x10, 0x01, 0x0c],
      [0x0b, 0x13, 0x1a, 0x01, 0xff, 0x14, 0x0c],
      // A tag within a group may be padded to ten bytes.
      [0x0b, 0x8c, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
    ] as [[UInt8]])
  func `a group is skipped with all that is in it`(bytes: [UInt8]) throws {
    try read(bytes) { (cursor: inout ProtobufCursor) throws in
      try cursor.skipValue(of: try cursor.readTag())
      #expect(cursor.isAtEnd)
    }
  }

  @Test(
    arguments: [
      ([0x0c], WireError(.unbalancedGroup, position: 1)),
      ([0x0b, 0x14], WireError(.unbalancedGroup, position: 1)),
      ([0x0b, 0x13, 0x0c], WireError(.unbalancedGroup, position: 2)),
      ([0x0b], WireError(.truncated, position: 1)),
      ([0x0b, 0x12, 0x05, 0x0c], WireError(.truncated, position: 2)),
      ([0x0b, 0x0f], WireError(.invalidTag, position: 1)),
    ] as [([UInt8], WireError)])
  func `a group without its end is refused`(bytes: [UInt8], error: WireError) {
    #expect(throws: error) { try read(bytes) { try $0.skipValue(of: try $0.readTag()) } }
  }

  @Test(arguments: [(1, 99), (4, 96)])
  func `messages and groups nest 100 deep and no deeper`(depth: Int, groupCount: Int) throws {
    func nested(_ count: Int) -> [UInt8] {
      [UInt8](repeating: 0x0b, count: count) + [UInt8](repeating: 0x0c, count: count)
    }
    try read(nested(groupCount)) { (cursor: inout ProtobufCursor) throws in
      try cursor.skipValue(of: try cursor.readTag(), depth: depth)
      #expect(cursor.isAtEnd)
    }
    #expect(throws: WireError(.groupTooDeep, position: groupCount + 1)) {
      try read(nested(groupCount + 1)) { try $0.skipValue(of: try $0.readTag(), depth: depth) }
    }
  }

  @Test func `a million open groups neither trap nor take long`() {
    let bytes = [UInt8](repeating: 0x0b, count: 1 << 20)
    #expect(throws: WireError(.groupTooDeep, position: 100)) {
      try read(bytes) { try $0.skipValue(of: try $0.readTag()) }
    }
  }
}
