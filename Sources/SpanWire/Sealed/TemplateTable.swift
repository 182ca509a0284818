internal import SpanModel

/// Finds the template of a span by its pieces, or makes one.
///
/// The table is asked once for each span: it compares all constants with those of the template that has the
/// same hash, so two kinds of span are never taken for one.
struct TemplateTable {
  /// Templates and columns a segment may have; a span that needs one more is kept whole.
  static let templateCountMax = 1 << 16
  static let columnCountMax = 1 << 14
  /// Of all templates together.
  static let byteCountMax = 8 << 20

  private(set) var templates: [SpanTemplate] = []
  private(set) var columns: [ColumnKey] = []
  private var columnNumbers: [ColumnKey: UInt32] = [:]
  private var byteCount = 0
  private let seed: UInt64

  /// Of all templates, one behind the other: what is compared.
  private var steps = PlainArray<Known>(capacity: 4096)
  private var constants = PlainArray<UInt8>(capacity: 64 << 10)
  private var spans = PlainArray<Range>(capacity: 256)
  /// The template's number and one more, 0 where there is none.
  private var slots = PlainArray<UInt32>(capacity: 1024)
  private var hashes = PlainArray<UInt64>(capacity: 256)
  /// Of each shape the two templates last found for it, each as in `slots`.
  private var guesses = PlainArray<UInt32>()
  private static let shapeCount = 4096

  struct Known {
    let kind: SpanPiece.Kind
    let tag: UInt8
    let valueTag: UInt8
    let constant: Slice
    let column: UInt32
  }

  private struct Range {
    let first: Int
    let count: Int
  }

  /// - Parameter seed: of its hashes; a secret, so that nobody outside can choose what collides.
  init(seed: UInt64) {
    self.seed = seed
    slots.append(repeating: 0, count: 1024)
    guesses.append(repeating: 0, count: 2 * Self.shapeCount)
  }

  func deallocate() {
    guesses.deallocate()
    steps.deallocate()
    constants.deallocate()
    spans.deallocate()
    slots.deallocate()
    hashes.deallocate()
  }

  /// Adds a column before there are templates.
  mutating func reserveColumn(_ key: ColumnKey) -> Int { Int(columnNumber(of: key)) }

  /// Adds a template that is only used by its number.
  mutating func reserveTemplate(_ piece: SpanPiece) -> Int {
    let pieces = [piece]
    let byte: [UInt8] = [0]
    return pieces.withUnsafeBufferPointer { pieces in
      byte.withUnsafeBytes { add(pieces, of: $0, hash: 0) ?? 0 }
    }
  }

  /// Which steps the template with this number has.
  @inline(__always)
  func steps(of template: Int) -> UnsafeBufferPointer<Known> {
    let range = spans[template]
    return UnsafeBufferPointer(start: steps.base + range.first, count: range.count)
  }

  /// The number of the template for a span of these pieces.
  ///
  /// - Returns: `nil` when no more are taken.
  mutating func find(_ pieces: UnsafeBufferPointer<SpanPiece>, of span: UnsafeRawBufferPointer) -> Int? {
    // SAFETY: a span that has pieces is not empty.
    let base = span.baseAddress.unsafelyUnwrapped
    let hash = hash(pieces, base)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) &- 1
      if hashes[number] == hash, matches(number, pieces, base) { return number }
      slot = (slot &+ 1) & (slots.count &- 1)
    }
    return add(pieces, of: span, hash: hash)
  }

  /// What spans of one template mostly have in common, and others not: their name, and whether they have a
  /// parent.
  @inline(__always)
  func shape(of span: UnsafeRawBufferPointer) -> Int {
    // Trace id, span id, a parent's, and something behind it: what is shorter is not worth a guess.
    guard let base = span.baseAddress, span.count >= 64 else { return 0 }
    let isChild = (base + 28).load(as: UInt8.self) == 0x22
    let name = isChild ? base + 38 : base + 28
    let byteCount = min(Int((name + 1).load(as: UInt8.self)), base + span.count - name - 2)
    let hash = ByteHash.hash(name + 2, byteCount, seed: isChild ? seed : ~seed)
    return Int(truncatingIfNeeded: hash) & (Self.shapeCount &- 1)
  }

  /// The template of a span if it is one of those last found for its shape; `match` is then what it was taken
  /// into.
  @inline(__always)
  func guess(
    _ shape: Int, _ span: UnsafeRawBufferPointer, of trace: TraceID, _ match: inout TemplateMatch
  ) -> Int? {
    for place in 2 * shape...2 * shape + 1 {
      let guessed = Int(guesses[place]) &- 1
      if guessed < 0 { break }
      if match.take(span, of: trace, steps(of: guessed), UnsafeRawPointer(constants.base)) { return guessed }
    }
    return nil
  }

  /// Remembers which template a span of this shape had.
  mutating func note(_ template: Int, _ shape: Int) {
    guesses[2 * shape + 1] = guesses[2 * shape]
    guesses[2 * shape] = UInt32(template + 1)
  }

  @inline(__always)
  private static func head(_ piece: SpanPiece) -> UInt32 {
    UInt32(piece.kind.rawValue) | UInt32(piece.tag) &<< 8 | UInt32(piece.valueTag) &<< 16
  }

  @inline(__always)
  private func hash(_ pieces: UnsafeBufferPointer<SpanPiece>, _ base: UnsafeRawPointer) -> UInt64 {
    var hash = seed
    for piece in pieces {
      hash = ByteHash.mix(hash ^ UInt64(Self.head(piece)) ^ UInt64(piece.constant.byteCount) &<< 32)
      if piece.constant.byteCount > 0 {
        hash = ByteHash.hash(
          base + Int(piece.constant.position), Int(piece.constant.byteCount), seed: hash)
      }
    }
    return hash
  }

  @inline(__always)
  private func matches(
    _ number: Int, _ pieces: UnsafeBufferPointer<SpanPiece>, _ base: UnsafeRawPointer
  ) -> Bool {
    let known = steps(of: number)
    guard known.count == pieces.count else { return false }
    for place in 0..<known.count {
      let step = known[place]
      let piece = pieces[place]
      guard step.kind == piece.kind, step.tag == piece.tag, step.valueTag == piece.valueTag,
        step.constant.byteCount == piece.constant.byteCount
      else { return false }
      let isEqual = ByteHash.areEqual(
        UnsafeRawPointer(constants.base + Int(step.constant.position)), base + Int(piece.constant.position),
        Int(step.constant.byteCount))
      guard isEqual else { return false }
    }
    return true
  }

  @inline(never)
  private mutating func add(
    _ pieces: UnsafeBufferPointer<SpanPiece>, of span: UnsafeRawBufferPointer, hash: UInt64
  ) -> Int? {
    guard templates.count < Self.templateCountMax, pieces.count <= SpanTemplate.stepCountMax else {
      return nil
    }
    let byteCount = pieces.reduce(0) { $0 + SpanTemplate.stepByteCount + Int($1.constant.byteCount) }
    guard byteCount <= SpanTemplate.byteCountMax, self.byteCount + byteCount <= Self.byteCountMax,
      columns.count + pieces.count <= Self.columnCountMax
    else { return nil }
    self.byteCount += byteCount
    let first = steps.count
    var message = ColumnKey.Message.span
    var lastTag: UInt8 = 0
    let template = SpanTemplate(pieces, of: span) { piece in
      columnNumber(of: ColumnKey(piece, in: message, key: Array(span[piece.constant])))
    } visiting: { piece in
      if piece.kind == .literal { lastTag = span[piece.constant].last ?? 0 }
      if piece.kind == .open { message = Self.message(behind: lastTag) }
      if piece.kind == .close { message = .span }
    }
    for step in template.steps {
      let position = UInt32(constants.count)
      template.constants.withUnsafeBytes { constants.append($0[step.constant]) }
      steps.append(
        Known(
          kind: step.kind, tag: step.tag, valueTag: step.valueTag,
          constant: Slice(position: position, byteCount: step.constant.byteCount), column: step.column))
    }
    spans.append(Range(first: first, count: pieces.count))
    templates.append(template)
    hashes.append(hash)
    insert(templates.count - 1)
    return templates.count - 1
  }

  private static func message(behind tag: UInt8) -> ColumnKey.Message {
    switch tag {
    case 0x5a: .event
    case 0x6a: .link
    case 0x7a: .status
    default: .other
    }
  }

  private mutating func columnNumber(of key: ColumnKey) -> UInt32 {
    if let known = columnNumbers[key] { return known }
    let number = UInt32(columns.count)
    columns.append(key)
    columnNumbers[key] = number
    return number
  }

  private mutating func insert(_ number: Int) {
    if templates.count * 2 > slots.count {
      let count = slots.count * 2
      slots.removeAll()
      slots.append(repeating: 0, count: count)
      for number in templates.indices { place(number) }
    } else {
      place(number)
    }
  }

  private mutating func place(_ number: Int) {
    var slot = Int(truncatingIfNeeded: hashes[number]) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(number + 1)
  }
}
