package import SpanModel

/// A share of all traces, chosen by a hash of their ids: the same ones on every node, and for ever.
///
/// A larger share holds all traces of a smaller one. The arithmetic stands in `docs/operating.md` for others
/// to repeat, so it cannot change. The hash has no key, for there is nothing to guard: whoever makes up an id
/// that is kept could as well report an error. Ids are hashed at all because many are not random in all their
/// bits, and because what senders that sample by the id itself (as OpenTelemetry does) let through is alike
/// in just those bits.
package struct SampleShare: Equatable, Sendable {
  /// All traces, in billionths of a percent.
  package static let whole: UInt64 = 100_000_000_000

  /// In billionths of a percent: finer than anybody asks for, and nothing is rounded.
  package let billionths: UInt64

  /// - Precondition: it is at most `whole`.
  package init(billionths: UInt64) {
    precondition(billionths <= Self.whole, "a share is more than everything")
    self.billionths = billionths
  }

  /// `hash / 2^64 < billionths / whole`, without rounding.
  package func contains(_ traceID: TraceID) -> Bool {
    Self.hash(of: traceID).multipliedFullWidth(by: Self.whole).high < billionths
  }

  /// SplitMix64's step, taken with the high half of the id, and again with the low half mixed in.
  package static func hash(of traceID: TraceID) -> UInt64 { mix(mix(traceID.high) ^ traceID.low) }

  private static func mix(_ state: UInt64) -> UInt64 {
    var mixed = state &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
