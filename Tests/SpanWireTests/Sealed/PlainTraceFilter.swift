/// A trace filter, read from `docs/format.md`.
struct PlainTraceFilter {
  private let length: UInt64
  private let seed: UInt64
  private let segmentCount: UInt64
  private let form: UInt64
  private let fingerprints: [UInt8]

  init(_ raw: [UInt8]) {
    var bytes = PlainBytes(raw)
    _ = bytes.number(4)
    length = bytes.number(4)
    seed = bytes.number(8)
    segmentCount = bytes.number(2)
    form = bytes.number(2)
    fingerprints = bytes.take(raw.count - bytes.position)
  }

  func mayContain(_ hash: UInt64) -> Bool {
    if form == 2 { return true }
    if fingerprints.isEmpty { return false }
    let mixed = Self.mix(hash &+ seed)
    let (segment, rest) = mixed.multipliedFullWidth(by: segmentCount)
    let begin = segment * length
    let places = [
      begin + scaled(rest), begin + length + scaled(Self.rotated(mixed, 22)),
      begin + 2 * length + scaled(Self.rotated(mixed, 43)),
    ]
    let found = places.reduce(0) { $0 ^ fingerprints[Int($1)] }
    return found == UInt8((mixed ^ mixed >> 32) & 0xff)
  }

  private func scaled(_ bits: UInt64) -> UInt64 { bits.multipliedFullWidth(by: length).high }

  private static func rotated(_ bits: UInt64, _ count: UInt64) -> UInt64 {
    bits << count | bits >> (64 - count)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ mixed >> 33) &* 0xff51_afd7_ed55_8ccd
    mixed = (mixed ^ mixed >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return mixed ^ mixed >> 33
  }
}
