import SpanEngine
import SpanModel
import SpanTestKit
import Testing

/// Damages a small store in every way there is, and reads it.
struct CorruptionTests {
  /// Parts of the mutants, so that they run side by side.
  static let parts = 0..<4

  @Test(arguments: parts)
  func `a flipped bit is reported or harmless, and never makes a wrong answer`(part: Int) throws {
    // With its header and closing frame the file has 64 KiB.
    let subject = try DamagedStore(requestCount: 14)
    #expect(subject.bytes.count == 64 << 10)
    var count = 0
    for byte in stride(from: part, to: subject.bytes.count, by: Self.parts.count * Dose.share) {
      for bit in 0..<8 {
        var mutant = subject.bytes
        mutant[byte] ^= 1 << bit
        try subject.check(mutant, "bit \(bit) of byte \(byte) flipped")
        count += 1
      }
    }
    print("mutants: \(count) bits flipped")
  }

  @Test(arguments: parts)
  func `a flipped bit of a segment that has its index is met when it is read`(part: Int) throws {
    let subject = try DamagedStore(keepsIndex: true)
    for byte in stride(from: part, to: subject.bytes.count, by: Self.parts.count * Dose.share) {
      for bit in 0..<8 {
        var mutant = subject.bytes
        mutant[byte] ^= 1 << bit
        try subject.check(mutant, "bit \(bit) of byte \(byte) flipped")
      }
    }
  }

  @Test(arguments: [false, true])
  func `a flipped bit brings no deleted trace back, or the loss is reported`(keepsIndex: Bool) throws {
    let subject = try DamagedStore(keepsIndex: keepsIndex, deletes: true)
    for byte in stride(from: 0, to: subject.bytes.count, by: Dose.share) {
      for bit in 0..<8 {
        var mutant = subject.bytes
        mutant[byte] ^= 1 << bit
        try subject.check(mutant, "bit \(bit) of byte \(byte) flipped")
      }
    }
    for byteCount in stride(from: 0, to: subject.bytes.count, by: Dose.share) {
      try subject.check(Array(subject.bytes[..<byteCount]), "cut to \(byteCount) bytes")
    }
  }

  @Test func `a file cut at any length is reported, or reads as before`() throws {
    let subject = try DamagedStore(requestCount: 14)
    for byteCount in stride(from: 0, to: subject.bytes.count, by: Dose.share) {
      try subject.check(Array(subject.bytes[..<byteCount]), "cut to \(byteCount) bytes")
    }
    print("mutants: \(subject.bytes.count / Dose.share) lengths")
  }

  @Test func `without a ledger a cut file still answers with a prefix of the requests`() throws {
    let subject = try DamagedStore(keepsLedger: false)
    for byteCount in stride(from: 0, to: subject.bytes.count, by: 64) {
      try subject.checkPrefix(Array(subject.bytes[..<byteCount]), "cut to \(byteCount) bytes")
    }
  }

  @Test(arguments: [512, 4096])
  func `a sector that turns to zeroes or ones, or trades places with another, is reported or harmless`(
    byteCount: Int
  ) throws {
    let subject = try DamagedStore()
    let starts = Array(stride(from: 0, to: subject.bytes.count, by: byteCount))
    for start in starts {
      let range = start..<min(start + byteCount, subject.bytes.count)
      for filler in [UInt8(0), 0xff] {
        var mutant = subject.bytes
        mutant.replaceSubrange(range, with: repeatElement(filler, count: range.count))
        try subject.check(mutant, "\(range) filled with \(filler)")
      }
      for other in starts where other < start {
        var mutant = subject.bytes
        let otherRange = other..<other + range.count
        mutant.replaceSubrange(range, with: subject.bytes[otherRange])
        mutant.replaceSubrange(otherRange, with: subject.bytes[range])
        try subject.check(mutant, "\(range) and \(otherRange) changed places")
      }
    }
  }

  @Test func `bytes behind the end harm nothing`() throws {
    let subject = try DamagedStore()
    var random = SeededRandom(seed: 3)
    for byteCount in [1, 100, 4096, 10_000] {
      let garbage = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
      try subject.check(subject.bytes + garbage, "\(byteCount) bytes appended")
    }
  }

  @Test func `a frame of another file, or of another place, is no frame of this one`() throws {
    let subject = try DamagedStore()
    let other = try DamagedStore(seed: 12)
    for frame in stride(from: 4096, to: min(subject.bytes.count, other.bytes.count), by: 4096) {
      var mutant = subject.bytes
      mutant.replaceSubrange(frame..<frame + 4096, with: other.bytes[frame..<frame + 4096])
      try subject.check(mutant, "frame at \(frame) taken from another store")
    }
  }

  @Test(arguments: [512, 4096])
  func `a block of an earlier life of the file is no block of its present one`(byteCount: Int) throws {
    let lives = try RecycledFile()
    #expect(lives.present.count == lives.earlier.count && lives.present != lives.earlier)
    var mutantCount = 0
    for start in stride(from: 0, to: lives.present.count, by: byteCount) {
      let range = start..<start + byteCount
      if lives.present[range] == lives.earlier[range] { continue }
      var mutant = lives.present
      mutant.replaceSubrange(range, with: lives.earlier[range])
      try lives.check(mutant, "\(range) as it was in an earlier life")
      mutantCount += 1
    }
    #expect(mutantCount > lives.earlier.count / byteCount / 2)
  }
}
