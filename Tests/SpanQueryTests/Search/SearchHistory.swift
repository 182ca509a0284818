import Foundation
import SpanEngine
import SpanModel
import SpanProto
import SpanQuery
import SpanTestKit
import SpanWire
import SwiftProtobuf

/// A store with spans that random predicates have something to do with, in every state that segments have.
struct SearchHistory {
  static let tenants: Range<UInt32> = 0..<2
  static let traceIDs = (0..<12 as Range<UInt64>).map { TraceID(high: $0 / 2, low: $0 % 2 + 1) }

  private var random: SeededRandom
  private var samples: RandomPredicates
  private let stepped: SteppedStore
  private let sealsOnceIn: Int
  let hasTenants: Bool

  var store: Store { stepped.store }

  init(seed: UInt64, platform: any Platform) throws {
    random = SeededRandom(seed: seed)
    samples = RandomPredicates(seed: seed)
    sealsOnceIn = [1, 3, 8, .max][Int(seed % 4)]
    hasTenants = seed % 3 == 0
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.laneCount = 1 + Int(seed % 2)
    options.rowGroupByteCount = [2_000, 20_000, 256 << 10][Int(seed % 3)]
    options.summaryByteCount = seed % 5 == 0 ? 0 : 1 << 20
    stepped = try SteppedStore(options, platform: platform)
  }

  /// Appends, seals, merges and deletes.
  mutating func go(on rounds: Int) throws {
    for round in 0..<rounds {
      let request = try request(
        spanCount: random.once(in: 10) ? 4_000 : Int.random(in: 1...200, using: &random))
      let append = try stepped.prepare(RequestBuffer(request), of: owner())
      let lane = Int.random(in: 0..<stepped.store.laneCount, using: &random)
      if append.acceptedSpanCount > 0 { _ = try stepped.commit([append], lane: lane) }
      if random.once(in: 20), let gone = Self.traceIDs.randomElement(using: &random) {
        try stepped.delete(gone, tenant: owner().tenant)
      }
      if round % sealsOnceIn == sealsOnceIn - 1 { while try stepped.sealNext() {} }
      if random.once(in: 10) { _ = try stepped.compactNext() }
    }
  }

  private mutating func owner() -> RecordOwner {
    guard hasTenants else { return RecordOwner() }
    return RecordOwner(
      tenant: Self.tenants.randomElement(using: &random) ?? 0,
      partition: UInt32.random(in: 0...1, using: &random))
  }

  mutating func predicate() -> SpanPredicate { samples.predicate() }

  private mutating func request(spanCount: Int) throws -> [UInt8] {
    var message = ProtobufWriter()
    var left = spanCount
    while left > 0 {
      let envelopes = try samples.sample()
      var resourceSpans = ProtobufWriter()
      resourceSpans.bytes += envelopes.resource
      var scopeSpans = ProtobufWriter()
      scopeSpans.bytes += envelopes.scope
      for _ in 0..<min(left, Int.random(in: 1...100, using: &random)) {
        scopeSpans.writeBytes(try span(), field: 2)
        left -= 1
      }
      resourceSpans.writeBytes(scopeSpans.bytes, field: 2)
      message.writeBytes(resourceSpans.bytes, field: 1)
    }
    return message.bytes
  }

  /// As an encoder writes it, or with fields that come again and in pieces.
  private mutating func span() throws -> [UInt8] {
    let traceID = Self.traceIDs[Int.random(in: 0..<Self.traceIDs.count, using: &random)]
    let ids =
      field(1, traceID.high, traceID.low) + field(2, UInt64.random(in: 1...400, using: &random))
      + (random.once(in: 2) ? [] : field(4, UInt64.random(in: 0...400, using: &random)))
    let sample = try samples.sample().span
    if random.once(in: 4) { return sample + ids }
    var span = try ProtoSpan(serializedBytes: sample)
    span.traceID = Data()
    if !random.once(in: 8) { span.startTimeUnixNano = UInt64.random(in: 0..<2_000, using: &random) }
    return try ids + span.serializedBytes()
  }

  private func field(_ number: UInt8, _ words: UInt64...) -> [UInt8] {
    [number << 3 | 2, UInt8(8 * words.count)]
      + words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
  }

  // MARK: What should be found

  struct Key: Hashable, Comparable {
    let start: UInt64
    let traceID: TraceID
    let spanID: UInt64

    static func < (left: Key, right: Key) -> Bool {
      if left.start != right.start { return left.start > right.start }
      return (left.traceID, left.spanID) < (right.traceID, right.spanID)
    }
  }

  /// All spans that a tenant is shown, by reading every trace.
  func all(of tenant: UInt32) throws -> [(key: Key, sample: SpanSample)] {
    try Self.traceIDs.flatMap { traceID in
      try store.spans(of: traceID, tenant: tenant).map { span in
        var fields = SpanFields()
        try span.bytes.withUnsafeBytes { try fields.read(ProtobufCursor($0)) }
        var sample = SpanSample()
        sample.span = span.bytes
        sample.resource = span.resource
        sample.scope = span.scope
        return (Key(start: fields.start, traceID: traceID, spanID: fields.spanID), sample)
      }
    }
  }
}

extension FoundSpan {
  var key: SearchHistory.Key { SearchHistory.Key(start: start, traceID: traceID, spanID: spanID) }
}
