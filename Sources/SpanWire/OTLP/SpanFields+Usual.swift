/// The fields as nearly every encoder writes them: in order of their numbers, lengths of one byte.
///
/// What looks otherwise is left to `SpanFields.read`, so nothing here can fail; it only saves the steps of
/// finding out what comes next.
extension SpanFields {
  /// Reads ids, parent, name, kind and times, as far as they stand where they usually do.
  @inline(__always)
  mutating func readUsualStart(_ cursor: inout ProtobufCursor) {
    guard readUsualIDs(&cursor) else { return }
    readUsualParent(&cursor)
    skipUsualFlags(&cursor)
    readUsualName(&cursor)
    readUsualKind(&cursor)
    readUsualTimes(&cursor)
  }

  /// Steps over attributes of up to 127 bytes: most of what there is to step over, and each length must be
  /// known before the next can be read.
  @inline(__always)
  func skipUsualAttributes(_ cursor: inout ProtobufCursor) {
    while cursor.byteCountLeft >= 2 {
      let word = Self.word(at: cursor.current)
      guard word & 0x80ff == 0x004a else { return }
      let byteCount = 2 &+ Int(word &>> 8)
      guard byteCount <= cursor.byteCountLeft else { return }
      cursor.current += byteCount
    }
  }

  /// Steps over `85 01` and 4 bytes. Some encoders write the flags where their number puts them, last; others
  /// where the message's definition lists them, behind the parent.
  @inline(__always)
  func skipUsualFlags(_ cursor: inout ProtobufCursor) {
    guard cursor.byteCountLeft >= 6, Self.word(at: cursor.current) == 0x0185 else { return }
    cursor.current += 6
  }

  /// `0a 10` and 16 bytes, `12 08` and 8 bytes.
  @inline(__always)
  private mutating func readUsualIDs(_ cursor: inout ProtobufCursor) -> Bool {
    let start = cursor.current
    guard cursor.byteCountLeft >= 28 else { return false }
    guard Self.word(at: start) == 0x100a, Self.word(at: start + 18) == 0x0812 else { return false }
    readTraceID(at: start + 2)
    readSpanID(at: start + 20)
    cursor.current = start + 28
    return true
  }

  /// `22 08` and 8 bytes.
  @inline(__always)
  private mutating func readUsualParent(_ cursor: inout ProtobufCursor) {
    guard cursor.byteCountLeft >= 10, Self.word(at: cursor.current) == 0x0822 else { return }
    parentID = UInt64(bigEndian: (cursor.current + 2).loadUnaligned(as: UInt64.self))
    cursor.current += 10
  }

  /// `2a`, a byte count below 128, and as many bytes.
  @inline(__always)
  private mutating func readUsualName(_ cursor: inout ProtobufCursor) {
    guard cursor.byteCountLeft >= 2 else { return }
    let word = Self.word(at: cursor.current)
    let byteCount = Int(word &>> 8)
    guard word & 0x80ff == 0x002a, byteCount &+ 2 <= cursor.byteCountLeft else { return }
    name = Slice(from: cursor.current + 2, byteCount: byteCount, origin: cursor.origin)
    cursor.current += byteCount &+ 2
  }

  /// `30` and a number below 128.
  @inline(__always)
  private mutating func readUsualKind(_ cursor: inout ProtobufCursor) {
    guard cursor.byteCountLeft >= 2 else { return }
    let word = Self.word(at: cursor.current)
    guard word & 0x80ff == 0x0030 else { return }
    kind = Int32(word &>> 8)
    cursor.current += 2
  }

  /// `39` and 8 bytes, `41` and 8 bytes.
  @inline(__always)
  private mutating func readUsualTimes(_ cursor: inout ProtobufCursor) {
    let start = cursor.current
    guard cursor.byteCountLeft >= 18 else { return }
    guard start.load(as: UInt8.self) == 0x39, (start + 9).load(as: UInt8.self) == 0x41 else { return }
    self.start = UInt64(littleEndian: (start + 1).loadUnaligned(as: UInt64.self))
    end = UInt64(littleEndian: (start + 10).loadUnaligned(as: UInt64.self))
    cursor.current = start + 18
  }

  /// The next two bytes, the first one lowest.
  @inline(__always)
  private static func word(at address: UnsafeRawPointer) -> UInt16 {
    UInt16(littleEndian: address.loadUnaligned(as: UInt16.self))
  }
}
