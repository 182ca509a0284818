/// How tags are hashed: what a search may ask of a span, each as 64 bits.
///
/// The hash key of the store's trace ids is in all of them, so that nobody outside can choose tags that
/// collide. With `hash` and `mix` as `ByteHash` has them, the tag of a value is
///
///     mix(mix(hash(key) xor kind · 0x9e3779b97f4a7c15) xor word)
///
/// where `word` is `hash(text)` of a text and the value itself of a number.
package struct TagHash: BitwiseCopyable, Equatable, Sendable {
  /// What a tag says; zero is none.
  enum Kind: UInt64 {
    /// There is an attribute of the key, whatever its value.
    case key = 1
    case text, int, double, bool
    /// The span has this name. Of this and the following the key is empty.
    case name
    /// The span is of the scope with this number.
    case scope
    case error
  }

  let seed: UInt64

  package init(key: HashKey) { seed = key.high ^ key.low }

  @inline(__always)
  func word(of text: UnsafeRawBufferPointer) -> UInt64 {
    // SAFETY: of no bytes none is read.
    let start = text.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    return ByteHash.hash(start, text.count, seed: seed)
  }

  /// The part of a tag that all values of one key have in common.
  @inline(__always)
  static func prefix(_ kind: Kind, _ keyWord: UInt64) -> UInt64 {
    ByteHash.mix(keyWord ^ kind.rawValue &* 0x9e37_79b9_7f4a_7c15)
  }

  @inline(__always)
  static func tag(_ prefix: UInt64, _ word: UInt64) -> UInt64 { ByteHash.mix(prefix ^ word) }

  @inline(__always)
  static func tag(_ kind: Kind, _ keyWord: UInt64, _ word: UInt64) -> UInt64 {
    tag(prefix(kind, keyWord), word)
  }

  /// The word of the key of tags that have none.
  var noKey: UInt64 { word(of: UnsafeRawBufferPointer(start: nil, count: 0)) }

  /// A floating-point number as it is hashed: as the whole number that it amounts to, if there is one, for
  /// searches compare both kinds of numbers with each other.
  static func number(_ value: Double) -> (Kind, word: UInt64) {
    if let whole = Int64(exactly: value) { return (.int, UInt64(bitPattern: whole)) }
    return (.double, value.bitPattern)
  }
}

// MARK: What is asked for

extension TagHash {
  package func tag(text: String, key: String) -> UInt64 { Self.tag(.text, word(of: key), word(of: text)) }

  package func tag(int: Int64, key: String) -> UInt64 {
    Self.tag(.int, word(of: key), UInt64(bitPattern: int))
  }

  package func tag(bool: Bool, key: String) -> UInt64 { Self.tag(.bool, word(of: key), bool ? 1 : 0) }

  package func tag(double: Double, key: String) -> UInt64 {
    let (kind, word) = Self.number(double)
    return Self.tag(kind, self.word(of: key), word)
  }

  /// That there is an attribute of this key.
  package func tag(key: String) -> UInt64 { Self.tag(.key, word(of: key), 0) }

  package func tag(name: String) -> UInt64 { Self.tag(.name, noKey, word(of: name)) }

  package var errorTag: UInt64 { Self.tag(.error, noKey, 0) }

  /// That a span is of the scope with this number in the segment.
  package func tag(scope: UInt32) -> UInt64 { Self.tag(.scope, noKey, UInt64(scope)) }

  private func word(of text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { word(of: UnsafeRawBufferPointer($0)) }
  }
}

// MARK: What a span has

extension TagHash {
  /// Hands out the tags of a span as it came, but for that of its scope.
  ///
  /// - Returns: its fields, as far as it is protobuf.
  @discardableResult
  package func forEachTag(of span: UnsafeRawBufferPointer, _ body: (UInt64) -> Void) -> SpanFields {
    var fields = SpanFields()
    // What is no protobuf is read up to where it stops being it, as a search reads it.
    do throws(WireError) { try fields.read(ProtobufCursor(span)) } catch {}
    body(Self.tag(.name, noKey, word(of: fields.name(in: span))))
    if fields.isError { body(errorTag) }
    forEachTag(ofAttributes: OTLPTag.spanAttribute, in: span, body)
    return fields
  }

  /// Hands out the tags of the attributes of a record's envelopes, as if they were its spans' own.
  package func forEachTag(
    ofResource resource: UnsafeRawBufferPointer, scope: UnsafeRawBufferPointer, _ body: (UInt64) -> Void
  ) {
    // A message that comes in pieces has the attributes of all of them.
    for message in ProtobufFields(resource, OTLPTag.resource) {
      forEachTag(ofAttributes: OTLPTag.resourceAttribute, in: message, body)
    }
    for message in ProtobufFields(scope, OTLPTag.scope) {
      forEachTag(ofAttributes: OTLPTag.scopeAttribute, in: message, body)
    }
  }

  private func forEachTag(
    ofAttributes tag: ProtobufTag, in message: UnsafeRawBufferPointer, _ body: (UInt64) -> Void
  ) {
    for attribute in ProtobufFields(message, tag) {
      let attribute = WireAttribute(attribute)
      let keyWord = word(of: attribute.key)
      body(Self.tag(.key, keyWord, 0))
      if let tag = self.tag(of: attribute.value, keyWord) { body(tag) }
    }
  }

  /// The tag of a value that can be compared.
  func tag(of value: WireValue, _ keyWord: UInt64) -> UInt64? {
    switch value {
    case .nothing, .other: return nil
    case .string(let text): return Self.tag(.text, keyWord, word(of: text))
    case .bool(let isTrue): return Self.tag(.bool, keyWord, isTrue ? 1 : 0)
    case .int(let number): return Self.tag(.int, keyWord, UInt64(bitPattern: number))
    case .double(let number):
      let (kind, word) = Self.number(number)
      return Self.tag(kind, keyWord, word)
    }
  }
}
