/// What spans of one kind have in common: a list of steps that, with a span's values, makes its bytes again.
///
/// Step by step, as bytes (numbers are varints):
///
///     0 literal            byte count, bytes
///     1 … 5                the trace's id, the span's, the parent's, the start, the end
///     6 text               column
///     7 time               column
///     8 attribute, text    tag u8, byte count of the key, key, column
///     9 attribute, varint  tag u8, tag of the value u8, byte count of the key, key, column
///    10 attribute, fixed64 as 8
///    11 attribute, value   as 8
///    12 open, 13 close
///    14 whole              column
struct SpanTemplate {
  struct Step {
    let kind: SpanPiece.Kind
    let tag: UInt8
    let valueTag: UInt8
    /// Of the template's constants.
    let constant: Slice
    let column: UInt32
  }

  /// A span has not more attributes and events than this takes; else it is kept whole.
  static let stepCountMax = 4096
  static let byteCountMax = 256 << 10
  /// Of an attribute: its length is written in one byte.
  static let keyByteCountMax = 0x80
  /// What a step takes, but for its constant.
  static let stepByteCount = 16

  /// What it takes of the room for all templates of a segment.
  var byteCount: Int { steps.count * Self.stepByteCount + constants.count }

  private(set) var steps: [Step] = []
  private(set) var constants: [UInt8] = []

  /// - Parameters:
  ///   - column: the number of the column of a piece with a value.
  ///   - visiting: is told of each piece before.
  init(
    _ pieces: UnsafeBufferPointer<SpanPiece>, of span: UnsafeRawBufferPointer, column: (SpanPiece) -> UInt32,
    visiting visit: (SpanPiece) -> Void
  ) {
    for piece in pieces {
      visit(piece)
      let position = UInt32(constants.count)
      constants += span[piece.constant]
      let constant = Slice(position: position, byteCount: piece.constant.byteCount)
      let hasColumn = piece.kind.isText || piece.kind.isNumber
      steps.append(
        Step(
          kind: piece.kind, tag: piece.tag, valueTag: piece.valueTag, constant: constant,
          column: hasColumn ? column(piece) : 0))
    }
  }

  func encode(to bytes: inout PlainArray<UInt8>) {
    constants.withUnsafeBytes { constants in
      for step in steps {
        bytes.append(step.kind.rawValue)
        if step.kind.isAttribute { bytes.append(step.tag) }
        if step.kind == .attributeVarint { bytes.append(step.valueTag) }
        if step.kind == .literal || step.kind.isAttribute {
          bytes.appendVarint(UInt64(step.constant.byteCount))
          bytes.append(constants[step.constant])
        }
        if step.kind.isText || step.kind.isNumber { bytes.appendVarint(UInt64(step.column)) }
      }
    }
  }

  /// - Parameter columns: of the segment, in order of their numbers.
  init(decoding bytes: UnsafeRawBufferPointer, columns: [ColumnKey]) throws(FormatError) {
    guard bytes.count <= Self.byteCountMax else { throw .field("template") }
    var cursor = ProtobufCursor(bytes)
    var depth = 0
    do throws(WireError) {
      while !cursor.isAtEnd {
        guard let kind = SpanPiece.Kind(rawValue: try cursor.readByte()), steps.count < Self.stepCountMax
        else {
          throw WireError(.invalidTag, position: cursor.position)
        }
        let step = try decodeStep(kind, &cursor, columns)
        depth += kind == .open ? 1 : kind == .close ? -1 : 0
        guard depth == 0 || depth == 1 else { throw WireError(.invalidTag, position: cursor.position) }
        steps.append(step)
      }
    } catch {
      throw .field("template")
    }
    guard depth == 0, !steps.isEmpty else { throw .field("template") }
  }

  private mutating func decodeStep(
    _ kind: SpanPiece.Kind, _ cursor: inout ProtobufCursor, _ columns: [ColumnKey]
  ) throws(WireError) -> Step {
    let tag = kind.isAttribute ? try cursor.readByte() : 0
    let valueTag = kind == .attributeVarint ? try cursor.readByte() : 0
    let position = UInt32(constants.count)
    if kind == .literal || kind.isAttribute { constants += try cursor.readBytes() }
    let constant = Slice(position: position, byteCount: UInt32(constants.count) - position)
    var column: UInt32 = 0
    if kind.isText || kind.isNumber {
      let number = try cursor.readVarint()
      guard number < UInt64(columns.count), columns[Int(number)].isText == kind.isText,
        columns[Int(number)].isTime == (kind == .time)
      else { throw WireError(.invalidTag, position: cursor.position) }
      column = UInt32(number)
    }
    guard !kind.isAttribute || constant.byteCount < Self.keyByteCountMax else {
      throw WireError(.invalidTag, position: cursor.position)
    }
    return Step(kind: kind, tag: tag, valueTag: valueTag, constant: constant, column: column)
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes of a slice of them.
  @inline(__always)
  package subscript(_ slice: Slice) -> UnsafeRawBufferPointer {
    let first = Int(slice.position)
    precondition(first + Int(slice.byteCount) <= count, "a slice of other bytes")
    return UnsafeRawBufferPointer(rebasing: self[first..<first + Int(slice.byteCount)])
  }
}
