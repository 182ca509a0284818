package import SpanModel
package import SpanWire

/// The names of the files in a data directory; `docs/format.md` lists them.
package enum FileName {
  package static let identity = "store.identity"
  package static let lock = "store.lock"
  /// Of a file that is being made; opening the store removes it.
  package static let temporarySuffix = ".tmp"

  /// `lane-0-000000000000002a.active`
  package static func active(lane: UInt32, _ sequence: SegmentSequence) -> String {
    "lane-\(lane)-\(sequence).active"
  }

  package static func ledger(lane: UInt32) -> String { "lane-\(lane).ledger" }

  /// `lane-0-000000000000002a.index`
  package static func index(lane: UInt32, _ sequence: SegmentSequence) -> String {
    "lane-\(lane)-\(sequence).index"
  }

  /// `000102030405060708090a0b0c0d0e0f-000000000000002a.sealed`
  package static func sealed(_ store: StoreID, _ sequence: SegmentSequence) -> String {
    "\(TraceID(high: store.high, low: store.low))-\(sequence)\(sealedSuffix)"
  }

  /// `lane-0-000000000000002a.set`: of the sealed segments in the place of that segment.
  package static func set(lane: UInt32, _ sequence: SegmentSequence) -> String {
    "lane-\(lane)-\(sequence).set"
  }

  private static let sealedSuffix = ".sealed"

  /// The store and sequence in the name of a sealed segment, or `nil` for any other name.
  package static func parseSealed(_ name: String) -> (store: StoreID, sequence: SegmentSequence)? {
    guard name.hasSuffix(sealedSuffix) else { return nil }
    let parts = name.dropLast(sealedSuffix.count).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 32, parts[1].utf8.count == 16,
      let store = TraceID(parts[0]), let number = UInt64(parts[1], radix: 16)
    else { return nil }
    let found = (store: StoreID(high: store.high, low: store.low), sequence: SegmentSequence(number))
    // One spelling only: no sign, no capital digit.
    return name == sealed(found.store, found.sequence) ? found : nil
  }

  /// Whether the name is of a file of ours in the making; other people's are left alone.
  package static func isTemporary(_ name: String) -> Bool {
    guard name.hasSuffix(temporarySuffix) else { return false }
    let finished = String(name.dropLast(temporarySuffix.count))
    return finished == identity || parseActive(finished) != nil || parseIndex(finished) != nil
      || parseLedger(finished) != nil || parseSealed(finished) != nil || parseSet(finished) != nil
  }

  /// The lane in the name of a ledger, or `nil` for any other name.
  package static func parseLedger(_ name: String) -> UInt32? {
    var rest = name.utf8[...]
    guard let lane = takeLane(&rest), rest.elementsEqual(".ledger".utf8) else { return nil }
    return lane
  }

  /// The lane and sequence in the name of an active or full segment, or `nil` for any other name.
  package static func parseActive(_ name: String) -> (lane: UInt32, sequence: SegmentSequence)? {
    parse(name, kind: ".active")
  }

  /// The lane and sequence in the name of a full segment's index, or `nil` for any other name.
  package static func parseIndex(_ name: String) -> (lane: UInt32, sequence: SegmentSequence)? {
    parse(name, kind: ".index")
  }

  /// The lane and sequence in the name of a set of sealed segments, or `nil` for any other name.
  package static func parseSet(_ name: String) -> (lane: UInt32, sequence: SegmentSequence)? {
    parse(name, kind: ".set")
  }

  /// The name that a sealed segment in the making is to get, or `nil` for any other name.
  static func sealedInTheMaking(_ name: String) -> String? {
    guard name.hasSuffix(temporarySuffix) else { return nil }
    let finished = String(name.dropLast(temporarySuffix.count))
    return parseSealed(finished) == nil ? nil : finished
  }

  // There is one spelling of each name: no sign, no leading zero of the lane, no capital digit. Read byte by
  // byte, because each start reads the names of all files several times.

  private static func parse(_ name: String, kind: String) -> (lane: UInt32, sequence: SegmentSequence)? {
    var rest = name.utf8[...]
    guard let lane = takeLane(&rest), rest.popFirst() == UInt8(ascii: "-") else { return nil }
    var number: UInt64 = 0
    for _ in 0..<16 {
      guard let digit = rest.popFirst(), !isCapital(digit), let value = hexValue(of: digit) else {
        return nil
      }
      number = number << 4 | value
    }
    return rest.elementsEqual(kind.utf8) ? (lane, SegmentSequence(number)) : nil
  }

  private static func isCapital(_ digit: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(digit)
  }

  private static func takeLane(_ rest: inout Substring.UTF8View) -> UInt32? {
    guard rest.starts(with: "lane-".utf8) else { return nil }
    rest = rest.dropFirst("lane-".utf8.count)
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
    rest = rest[digits.endIndex...]
    return UInt32(Substring(digits))
  }
}
