import SpanWire

/// Moves the times of spans and gives them other ids, in place: every byte that is neither stays.
struct SpanChange {
  /// Nanoseconds added to the times of spans and of their events.
  var shift: Int64 = 0
  var mask: IDMask?

  private static let traceID = ProtobufTag(1, .bytes)
  private static let spanID = ProtobufTag(2, .bytes)
  private static let parentID = ProtobufTag(4, .bytes)
  private static let start = ProtobufTag(7, .fixed64)
  private static let end = ProtobufTag(8, .fixed64)
  private static let event = ProtobufTag(11, .bytes)
  private static let link = ProtobufTag(13, .bytes)
  private static let eventTime = ProtobufTag(1, .fixed64)

  /// Changes the spans of a request where they lie.
  func apply(to request: inout [UInt8], spans: [SpanEntry]) {
    request.withUnsafeMutableBytes { bytes in
      for span in spans {
        let first = Int(span.slice.position)
        change(
          span: UnsafeMutableRawBufferPointer(rebasing: bytes[first..<first + Int(span.slice.byteCount)]))
      }
    }
  }

  private func change(span: UnsafeMutableRawBufferPointer) {
    Self.forEachField(of: span) { tag, value in
      switch tag {
      case Self.traceID: mask?.change(traceID: value)
      case Self.spanID, Self.parentID: mask?.change(spanID: value)
      case Self.start, Self.end: move(time: value)
      case Self.event: change(event: value)
      case Self.link: change(link: value)
      default: break
      }
    }
  }

  private func change(event: UnsafeMutableRawBufferPointer) {
    guard shift != 0 else { return }
    Self.forEachField(of: event) { tag, value in
      if tag == Self.eventTime { move(time: value) }
    }
  }

  private func change(link: UnsafeMutableRawBufferPointer) {
    guard let mask else { return }
    Self.forEachField(of: link) { tag, value in
      switch tag {
      case Self.traceID: mask.change(traceID: value)
      case Self.spanID: mask.change(spanID: value)
      default: break
      }
    }
  }

  /// A time that was not set stays so; one that would leave the range ends at its end.
  private func move(time bytes: UnsafeMutableRawBufferPointer) {
    let time = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard time != 0, shift != 0 else { return }
    let (moved, overflows) = time.addingReportingOverflow(UInt64(bitPattern: shift))
    // Adding a negative number wraps when all is well.
    let isOutside = overflows != (shift < 0)
    let clamped: UInt64 = isOutside ? (shift < 0 ? 1 : .max) : max(moved, 1)
    bytes.storeBytes(of: clamped.littleEndian, as: UInt64.self)
  }

  /// Hands each field to `use`: the value of bytes and of fixed numbers, nothing of others. Ends quietly
  /// where it stops being protobuf: whoever stored it kept that as it was, too.
  private static func forEachField(
    of message: UnsafeMutableRawBufferPointer, _ use: (ProtobufTag, UnsafeMutableRawBufferPointer) -> Void
  ) {
    var cursor = ProtobufCursor(UnsafeRawBufferPointer(message))
    do throws(WireError) {
      while !cursor.isAtEnd {
        let tag = try cursor.readTag()
        let byteCount: Int
        switch tag.wireType {
        case .bytes: byteCount = try cursor.readBytes().count
        case .fixed64:
          _ = try cursor.readFixed64()
          byteCount = 8
        default:
          try cursor.skipValue(of: tag)
          continue
        }
        let end = cursor.position
        use(tag, UnsafeMutableRawBufferPointer(rebasing: message[end - byteCount..<end]))
      }
    } catch {}
  }
}
