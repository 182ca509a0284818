import SpanModel
import SpanQuery
import SpanTestKit
import Testing

struct SampleShareTests {
  /// Computed apart, in another language, from what `docs/operating.md` says.
  @Test(
    arguments: [
      ("00000000000000000000000000000001", 0x08b4_fda8_c892_b50e),
      ("d269b633813fc60c", 0x44c4_38e5_8cea_71f3),
      ("5b8efff798038103d269b633813fc60c", 0xfb22_a7d5_ca26_3ad9),
      ("0af7651916cd43dd8448eb211c80319c", 0xa3dd_6880_fcc4_fb96),
      ("ffffffffffffffffffffffffffffffff", 0x6309_143e_67a4_7936),
      ("4bf92f3577b34da6a3ce929d0e0e4736", 0x0655_9f8c_234d_1224),
    ] as [(String, UInt64)])
  func `an id has the same hash for ever`(id: String, hash: UInt64) throws {
    #expect(SampleShare.hash(of: try #require(TraceID(id))) == hash)
  }

  /// The hash of this id is 2.47440068… % of all.
  @Test(
    arguments: [
      (2_474_400_683, false), (2_474_400_684, true), (0, false), (SampleShare.whole, true),
    ] as [(UInt64, Bool)])
  func `a share ends where its part of all hashes ends`(billionths: UInt64, isIn: Bool) throws {
    let traceID = try #require(TraceID("4bf92f3577b34da6a3ce929d0e0e4736"))
    #expect(SampleShare(billionths: billionths).contains(traceID) == isIn)
  }

  @Test(arguments: [5_000_000_000, 500_000_000, 33_333_333_333, 90_000_000_000] as [UInt64])
  func `of a million ids the share is taken that was asked for`(billionths: UInt64) {
    let share = SampleShare(billionths: billionths)
    var random = SeededRandom(seed: billionths)
    let all = 1_000_000
    let count = (0..<all).count { _ in share.contains(TraceID(high: random.next(), low: random.next())) }
    let asked = Double(all) * Double(billionths) / Double(SampleShare.whole)
    // A share of 0.5 % comes out 5000 ± 71: four times that, where 1 % of what was asked is less.
    #expect(abs(Double(count) - asked) <= max(asked / 100, 4 * asked.squareRoot()))
  }

  @Test func `ids that count up, or differ in one half only, are sampled as well`() {
    let share = SampleShare(billionths: 10_000_000_000)
    for id in [{ TraceID(high: 0, low: $0) }, { TraceID(high: $0, low: 7) }] as [(UInt64) -> TraceID] {
      let count = (0..<100_000 as Range<UInt64>).count { share.contains(id($0)) }
      #expect((9_600...10_400).contains(count))
    }
  }

  @Test func `what a share holds a larger one holds too`() {
    let shares = [1, 1_000_000_000, 5_000_000_000, 50_000_000_000, SampleShare.whole].map(
      SampleShare.init(billionths:))
    var random = SeededRandom(seed: 1)
    for _ in 0..<10_000 {
      let traceID = TraceID(high: random.next(), low: random.next())
      let isIn = shares.map { $0.contains(traceID) }
      #expect(isIn == isIn.sorted { !$0 && $1 })
    }
  }
}
