/// A set of 64-bit hashes that may say "maybe" of a hash it does not hold, once in 256 times, and never says
/// "no" of one it holds.
///
///     byte 0           4                8      16              18     20
///          ┌───────────┬────────────────┬──────┬───────────────┬──────┬──────────────┐
///          │ key count │ segment length │ seed │ segment count │ form │ fingerprints │
///          └───────────┴────────────────┴──────┴───────────────┴──────┴──────────────┘
///
/// In form 1 there are (segment count + 2) times segment length fingerprints, a byte each; without keys both
/// fields are zero, and there are none. Form 2 has neither segments nor fingerprints and says "maybe" of all:
/// it is what is left when building fails. A filter has no checksum: the section it stands in has one.
///
/// A hash is held when the fingerprints at its three places, which `FuseLayout` finds, xor to its own.
///
/// The value keeps what the header says and is handed the bytes again with each question, so that who keeps
/// them may drop them and read them anew.
///
/// Source: T. M. Graf, D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM Journal of
/// Experimental Algorithmics, 2022; the variant with three places per key. `FuseLayout` says where this
/// one departs.
package struct FuseFilter: Equatable, Sendable {
  package static let headerByteCount = 20
  /// Places stay below 2^32 with room to spare: 1.12 for each key.
  package static let keyCountMax = 1 << 31

  enum Form: UInt16 {
    case fingerprints = 1
    case everything = 2
  }

  /// Different keys that the filter was built of.
  package let keyCount: Int
  /// With header and fingerprints.
  package let byteCount: Int
  let form: Form
  let seed: UInt64
  let layout: FuseLayout

  /// Bytes of a filter that is built of `keyCount` different keys.
  package static func byteCount(keyCount: Int) -> Int {
    precondition(keyCount >= 0 && keyCount <= keyCountMax, "no filter holds as many keys")
    return headerByteCount + FuseLayout(keyCount: keyCount).placeCount
  }

  init(form: Form, keyCount: Int, seed: UInt64, layout: FuseLayout) {
    self.form = form
    self.keyCount = keyCount
    self.seed = seed
    self.layout = layout
    byteCount = Self.headerByteCount + layout.placeCount
  }

  /// Reads the filter at the start of `bytes`, behind which others may stand.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(FormatError) {
    guard bytes.count >= Self.headerByteCount, let start = bytes.baseAddress else {
      throw .tooShort(byteCount: bytes.count, needed: Self.headerByteCount)
    }
    guard let form = Form(rawValue: start.littleEndian(at: 18)) else { throw .field("filter form") }
    let layout = FuseLayout(
      segmentCount: start.littleEndian(at: 16), segmentLength: start.littleEndian(at: 4))
    let keyCount: UInt32 = start.littleEndian(at: 0)
    self.init(form: form, keyCount: Int(keyCount), seed: start.littleEndian(at: 8), layout: layout)
    try check()
    guard bytes.count >= byteCount else { throw .tooShort(byteCount: bytes.count, needed: byteCount) }
  }

  private func check() throws(FormatError) {
    let hasPlaces = form == .fingerprints && keyCount > 0
    guard (layout.segmentLength > 0) == hasPlaces else { throw .field("segment length") }
    guard (layout.segmentCount > 0) == hasPlaces else { throw .field("segment count") }
    // Each key was the last one left at a place of its own.
    guard form == .everything || keyCount <= layout.placeCount else { throw .field("key count") }
  }

  func encodeHeader(to bytes: UnsafeMutableRawPointer) {
    bytes.storeLittleEndian(UInt32(keyCount), at: 0)
    bytes.storeLittleEndian(UInt32(layout.segmentLength), at: 4)
    bytes.storeLittleEndian(seed, at: 8)
    bytes.storeLittleEndian(UInt16(layout.segmentCount), at: 16)
    bytes.storeLittleEndian(form.rawValue, at: 18)
  }

  /// Whether the set may hold `hash`; `bytes` are those that the filter was decoded from.
  ///
  /// "Maybe" when there are fewer bytes than then: it costs time, where "no" would lose something.
  package func mayContain(_ hash: UInt64, in bytes: UnsafeRawBufferPointer) -> Bool {
    guard layout.segmentCount > 0 else { return form == .everything }
    guard bytes.count >= byteCount, let start = bytes.baseAddress else { return true }
    let mixed = FuseHash.mixed(hash, seed: seed)
    let (first, second, third) = layout.places(of: mixed)
    // SAFETY: places are below the layout's count whatever the hash; with the header that is `byteCount`.
    let fingerprints = start + Self.headerByteCount
    let found =
      fingerprints.load(fromByteOffset: first, as: UInt8.self)
      ^ fingerprints.load(fromByteOffset: second, as: UInt8.self)
      ^ fingerprints.load(fromByteOffset: third, as: UInt8.self)
    return found == FuseHash.fingerprint(of: mixed)
  }
}
