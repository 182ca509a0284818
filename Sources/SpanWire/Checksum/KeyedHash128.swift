/// SipHash-2-4 with 128 bits out: who does not know the key can neither guess a hash nor make two inputs
/// meet.
///
/// Fed piece by piece; where the pieces part makes no difference to the hash.
///
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), with the wider finish that the
/// authors published later. Words are little-endian.
package struct KeyedHash128: Sendable {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64
  /// The bytes after the last whole word, the earliest lowest; the rest is zero.
  private var tail: UInt64 = 0
  /// All bytes so far. Its low three bits count those in `tail`, its low eight go into the last word.
  private var byteCount: UInt64 = 0

  package init(key: (UInt64, UInt64)) {
    // "somepseudorandomlygeneratedbytes", and the mark of 128 bits out.
    v0 = key.0 ^ 0x736f_6d65_7073_6575
    v1 = key.1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
    v2 = key.0 ^ 0x6c79_6765_6e65_7261
    v3 = key.1 ^ 0x7465_6462_7974_6573
  }

  /// Adds the eight bytes of `value`, the lowest first.
  package mutating func combine(_ value: UInt64) {
    let held = (byteCount & 7) &* 8
    compress(tail | value &<< held)
    tail = held == 0 ? 0 : value &>> (64 &- held)
    byteCount &+= 8
  }

  package mutating func combine(_ bytes: UnsafeRawBufferPointer) {
    guard var current = bytes.baseAddress else { return }
    let end = current + bytes.count
    while end - current >= 8 {
      combine(UInt64(littleEndian: current.loadUnaligned(as: UInt64.self)))
      current += 8
    }
    while current < end {
      combine(byte: current.load(as: UInt8.self))
      current += 1
    }
  }

  /// The hash of all that was added: its first eight bytes and its last, each as a little-endian number.
  package consuming func finalize() -> (UInt64, UInt64) {
    compress(tail | byteCount &<< 56)
    v2 ^= 0xee
    return (finish(), finishAgain())
  }

  private mutating func combine(byte: UInt8) {
    tail |= UInt64(byte) &<< ((byteCount & 7) &* 8)
    byteCount &+= 1
    guard byteCount & 7 == 0 else { return }
    compress(tail)
    tail = 0
  }

  private mutating func finish() -> UInt64 {
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  private mutating func finishAgain() -> UInt64 {
    v1 ^= 0xdd
    return finish()
  }

  @inline(__always)
  private mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  @inline(__always)
  private mutating func round() {
    v0 = v0 &+ v1
    v2 = v2 &+ v3
    v1 = rotated(v1, by: 13) ^ v0
    v3 = rotated(v3, by: 16) ^ v2
    v0 = rotated(v0, by: 32) &+ v3
    v2 = v2 &+ v1
    v3 = rotated(v3, by: 21) ^ v0
    v1 = rotated(v1, by: 17) ^ v2
    v2 = rotated(v2, by: 32)
  }

  @inline(__always)
  private func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
    word &<< count | word &>> (64 &- count)
  }
}
