extension ProtobufCursor {
  /// How deep messages and groups together may nest before the input is refused: swift-protobuf's default.
  package static let nestingDepthMax = 100

  /// Steps over the value of a field whose tag was just read.
  ///
  /// - Parameter depth: how many messages the field stands in, the outermost included.
  @inline(__always)
  package mutating func skipValue(of tag: ProtobufTag, depth: Int = 1) throws(WireError) {
    switch tag.wireType {
    case .bytes: _ = try readBytes()
    case .varint: _ = try readVarint()
    case .fixed64: _ = try readFixed64()
    case .fixed32: _ = try readFixed32()
    case .groupStart: current = try Self.endOfGroup(tag.number, from: self, depth: depth)
    case .groupEnd: throw WireError(.unbalancedGroup, position: position)
    }
  }

  /// Steps over a group whose start tag was just read, nested ones included, without recursion: the depth of
  /// hostile input costs an array of at most 100 numbers, not the stack.
  @inline(never)
  static func endOfGroup(
    _ number: UInt32, from cursor: ProtobufCursor, depth: Int
  ) throws(WireError) -> UnsafeRawPointer {
    var cursor = cursor
    var open = [number]
    while let innermost = open.last {
      let start = cursor.position
      guard depth + open.count <= Self.nestingDepthMax else {
        throw WireError(.groupTooDeep, position: start)
      }
      let tag = try cursor.readTagInGroup()
      switch tag.wireType {
      case .groupStart: open.append(tag.number)
      case .groupEnd:
        guard tag.number == innermost else { throw WireError(.unbalancedGroup, position: start) }
        open.removeLast()
      case .varint: _ = try cursor.readVarint()
      case .fixed64: _ = try cursor.readFixed64()
      case .bytes: _ = try cursor.readBytes()
      case .fixed32: _ = try cursor.readFixed32()
      }
    }
    return cursor.current
  }
}
