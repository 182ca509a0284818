/// The values of one text column on their way into a segment.
///
/// What comes often stands once in the segment's dictionary, and its code in the row group. A column whose
/// values are mostly new takes patterns instead, and one whose patterns are mostly new keeps its values where
/// they are.
struct TextColumn: BitwiseCopyable {
  enum Mode: UInt8 {
    case dictionary, patterns, inline
  }

  /// In front of a value that is not in the dictionary.
  static let inlineCode: UInt32 = 0
  /// Longer values are not compared with others, and are in no dictionary.
  static let dictionaryByteCountMax = 32 << 10
  static let entryCountMax = 1 << 20
  /// Before so many are known nothing is decided.
  private static let learningCount = 512

  private let seed: UInt64
  private(set) var mode = Mode.dictionary
  /// How many values came since the mode was chosen, and how many entries they made.
  private var valueCount = 0
  private var newCount = 0
  /// Of the segment: entry n has code n + 1.
  private(set) var entries = PlainArray<Entry>()
  /// Upper half of the hash, then the code; 0 where there is none.
  private var slots = PlainArray<UInt64>()
  // Of the row group.
  private(set) var codes = PlainArray<UInt64>()
  private(set) var inlineByteCounts = PlainArray<UInt64>()
  private(set) var inlineBytes = PlainArray<UInt8>()
  private(set) var numbers = PlainArray<UInt64>()
  private(set) var numberPlaces = PlainArray<UInt8>()
  private(set) var hex = PlainArray<UInt8>()

  struct Entry: BitwiseCopyable {
    /// In the bytes of all entries of the segment.
    let position: UInt32
    let byteCount: UInt32
    let isPattern: Bool
  }

  /// - Parameter seed: of its hashes; a secret, so that nobody outside can choose what collides.
  init(seed: UInt64) { self.seed = seed }

  func deallocate() {
    entries.deallocate()
    slots.deallocate()
    codes.deallocate()
    inlineByteCounts.deallocate()
    inlineBytes.deallocate()
    numbers.deallocate()
    numberPlaces.deallocate()
    hex.deallocate()
  }

  /// Adds a value to the row group.
  ///
  /// - Parameters:
  ///   - hash: of the value, with the column's seed.
  ///   - texts: the bytes of the dictionary.
  ///   - pattern: memory to work in.
  @inline(__always)
  mutating func append(
    _ value: UnsafeRawBufferPointer, hash: UInt64, texts: inout PlainArray<UInt8>,
    pattern: inout TextPattern
  ) {
    guard mode != .inline, value.count <= Self.dictionaryByteCountMax else { return appendInline(value) }
    if mode == .dictionary {
      let code = code(of: value, hash: hash, isPattern: false, texts: &texts)
      if code == Self.inlineCode { return appendInline(value) }
      codes.append(UInt64(code))
    } else {
      appendPattern(value, texts: &texts, pattern: &pattern)
    }
  }

  private mutating func appendInline(_ value: UnsafeRawBufferPointer) {
    codes.append(UInt64(Self.inlineCode))
    inlineByteCounts.append(UInt64(value.count))
    inlineBytes.append(value)
  }

  @inline(never)
  private mutating func appendPattern(
    _ value: UnsafeRawBufferPointer, texts: inout PlainArray<UInt8>, pattern: inout TextPattern
  ) {
    guard pattern.take(value) else { return appendInline(value) }
    let text = pattern.text.bytes
    let code = code(
      of: text, hash: hash(of: text, isPattern: pattern.hasVariables), isPattern: pattern.hasVariables,
      texts: &texts)
    guard code != Self.inlineCode else { return appendInline(value) }
    codes.append(UInt64(code))
    for place in 0..<pattern.numbers.count {
      numbers.append(pattern.numbers[place])
      numberPlaces.append(UInt8(truncatingIfNeeded: place))
    }
    hex.append(pattern.hex.bytes)
  }

  @inline(__always)
  private func hash(of text: UnsafeRawBufferPointer, isPattern: Bool) -> UInt64 {
    // SAFETY: of no bytes none is read.
    let start = text.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    return ByteHash.hash(start, text.count, seed: isPattern ? ~seed : seed)
  }

  /// The code of a dictionary entry, which is made when there is none yet.
  ///
  /// - Returns: `inlineCode` when none can be made.
  @inline(__always)
  private mutating func code(
    of text: UnsafeRawBufferPointer, hash: UInt64, isPattern: Bool, texts: inout PlainArray<UInt8>
  ) -> UInt32 {
    // SAFETY: of no bytes none is read.
    let start = text.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    valueCount &+= 1
    if slots.count > 0 {
      var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
      while slots[slot] != 0 {
        let found = slots[slot]
        if found &>> 32 == hash &>> 32 {
          let code = UInt32(truncatingIfNeeded: found)
          let entry = entries[Int(code) &- 1]
          if Int(entry.byteCount) == text.count, entry.isPattern == isPattern,
            ByteHash.areEqual(UnsafeRawPointer(texts.base + Int(entry.position)), start, text.count)
          {
            return code
          }
        }
        slot = (slot &+ 1) & (slots.count &- 1)
      }
    }
    return add(text, isPattern: isPattern, hash: hash, texts: &texts)
  }

  @inline(never)
  private mutating func add(
    _ text: UnsafeRawBufferPointer, isPattern: Bool, hash: UInt64, texts: inout PlainArray<UInt8>
  ) -> UInt32 {
    newCount += 1
    if newCount >= Self.learningCount, newCount * 2 > valueCount {
      mode = mode == .dictionary ? .patterns : .inline
      (valueCount, newCount) = (0, 0)
      return Self.inlineCode
    }
    guard entries.count < Self.entryCountMax,
      texts.count + text.count <= SegmentEncoder.dictionaryByteCountMax,
      isPattern || !Self.hasMark(text)
    else { return Self.inlineCode }
    entries.append(
      Entry(position: UInt32(texts.count), byteCount: UInt32(text.count), isPattern: isPattern))
    texts.append(text)
    insert(hash, UInt32(entries.count), texts)
    return UInt32(entries.count)
  }

  private static func hasMark(_ text: UnsafeRawBufferPointer) -> Bool {
    text.contains { $0 == TextPattern.numberMark || $0 == TextPattern.hexMark }
  }

  private mutating func insert(_ hash: UInt64, _ code: UInt32, _ texts: PlainArray<UInt8>) {
    if entries.count * 2 > slots.count {
      let count = max(64, slots.count * 2)
      slots.removeAll()
      slots.append(repeating: 0, count: count)
      for number in 0..<entries.count - 1 {
        let entry = entries[number]
        let text = UnsafeRawBufferPointer(
          start: texts.base + Int(entry.position), count: Int(entry.byteCount))
        place(self.hash(of: text, isPattern: entry.isPattern), UInt32(number + 1))
      }
    }
    place(hash, code)
  }

  private mutating func place(_ hash: UInt64, _ code: UInt32) {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = (hash >> 32) << 32 | UInt64(code)
  }
}

extension TextColumn {
  /// Writes the values of the row group, and forgets them.
  ///
  ///     codes            packed, 0 for a value that follows
  ///     byte counts      packed, of the values that follow; then their bytes
  ///     numbers          packed, first the first of each pattern that has one, then the second …
  ///     digits           of all patterns, two in a byte
  mutating func flush(into bytes: inout PlainArray<UInt8>, scratch: inout PlainArray<UInt64>) {
    PackedIntegers.append(codes.elements, to: &bytes)
    if inlineByteCounts.count > 0 {
      PackedIntegers.append(inlineByteCounts.elements, to: &bytes)
      bytes.append(inlineBytes.bytes)
    }
    if numbers.count > 0 {
      for place in 0..<TextPattern.numberCountMax {
        scratch.removeAll()
        for number in 0..<numbers.count where numberPlaces[number] == UInt8(place) {
          scratch.append(numbers[number])
        }
        if scratch.count == 0 { break }
        PackedIntegers.append(scratch.elements, to: &bytes)
      }
    }
    bytes.append(hex.bytes)
    codes.removeAll()
    inlineByteCounts.removeAll()
    inlineBytes.removeAll()
    numbers.removeAll()
    numberPlaces.removeAll()
    hex.removeAll()
  }
}
