/// Bits that make other ids of all ids of a replay: the same of equal ones, so that parents and links still
/// lead to their spans.
struct IDMask: Equatable, Sendable {
  let traceHigh: UInt64
  let traceLow: UInt64
  let span: UInt64

  static func random(using random: inout some RandomNumberGenerator) -> IDMask {
    IDMask(
      traceHigh: random.next(), traceLow: random.next(),
      // Never zero: at least the span ids are others.
      span: random.next() | 1)
  }

  /// Changes the 16 bytes of a trace id in place. What is no id, or none at all, stays.
  func change(traceID bytes: UnsafeMutableRawBufferPointer) {
    guard bytes.count == 16 else { return }
    let (high, low) = (Self.number(bytes, at: 0), Self.number(bytes, at: 8))
    // An id that is the mask keeps it: it would be none, and no other id becomes it.
    guard (high, low) != (0, 0), (high, low) != (traceHigh, traceLow) else { return }
    bytes.storeBytes(of: (high ^ traceHigh).bigEndian, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: (low ^ traceLow).bigEndian, toByteOffset: 8, as: UInt64.self)
  }

  /// Changes the 8 bytes of a span id in place.
  func change(spanID bytes: UnsafeMutableRawBufferPointer) {
    guard bytes.count == 8 else { return }
    let id = Self.number(bytes, at: 0)
    guard id != 0, id != span else { return }
    bytes.storeBytes(of: (id ^ span).bigEndian, as: UInt64.self)
  }

  private static func number(_ bytes: UnsafeMutableRawBufferPointer, at place: Int) -> UInt64 {
    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }
}
