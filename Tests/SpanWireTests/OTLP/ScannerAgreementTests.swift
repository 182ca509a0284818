import Foundation
import ScannerProof
import SpanProto
import SpanTestKit
import SpanWire
import SwiftProtobuf
import Testing

/// swift-protobuf as the judge: see `ScannerProof`.
struct ScannerAgreementTests {
  static let samples: [[UInt8]] = [
    request(spans: [ids + textField(5, "GET /") + varintField(6, 2) + fixed64Field(7, 1) + fixed64Field(8, 2)]
    ),
    bytesField(
      1,
      bytesField(1, textField(1, "r"))
        + bytesField(2, bytesField(1, textField(1, "s")) + bytesField(2, ids) + textField(3, "u"))
        + varintField(4, 300) + [0x2b, 0x33, 0x08, 0x01, 0x34, 0x2c]
        + bytesField(
          2,
          bytesField(2, textField(5, "n") + bytesField(15, varintField(3, 2) + textField(2, "m")) + ids)
            + bytesField(2, ids + bytesField(9, textField(1, "k")) + bytesField(4, [UInt8](1...8))))
        + textField(3, "u")),
  ]

  @Test(arguments: samples)
  func `any beginning of a request is judged alike`(sample: [UInt8]) {
    var proof = ScannerProof()
    for byteCount in 0...sample.count {
      guard let difference = proof.difference(over: [UInt8](sample.prefix(byteCount))) else { continue }
      Issue.record("the first \(byteCount) bytes: \(difference)")
    }
  }

  @Test(arguments: samples)
  func `a request with any bit flipped is judged alike`(sample: [UInt8]) {
    var proof = ScannerProof()
    for bit in 0..<sample.count * 8 {
      var damaged = sample
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      if let difference = proof.difference(over: damaged) { Issue.record("bit \(bit): \(difference)") }
    }
  }

  @Test(arguments: samples)
  func `a request with any byte set to anything is judged alike`(sample: [UInt8]) {
    var proof = ScannerProof()
    for place in 0..<sample.count {
      for value in 0...255 as ClosedRange<UInt8> {
        var damaged = sample
        damaged[place] = value
        if let difference = proof.difference(over: damaged) {
          Issue.record("byte \(place) set to \(value): \(difference)")
        }
      }
    }
  }

  @Test(arguments: 0..<16 as Range<UInt64>)
  func `random requests, whole and damaged, are judged alike`(group: UInt64) {
    var proof = ScannerProof()
    #expect(proof.fault(ofSeeds: group * 64..<(group + 1) * 64, damageCount: 16) == nil)
  }

  /// The messages of `SpanProto` say more of a request than the scanner looks at, so this holds one way only.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `what swift-protobuf decodes whole is never refused`(group: UInt64) throws {
    for seed in group * 64..<(group + 1) * 64 {
      let bytes = ScannerProof.seed(seed)
      typealias Request = Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest
      guard let whole = try? Request(serializedBytes: bytes) else { continue }
      let batch = try scan(bytes)
      let spans = whole.resourceSpans.flatMap(\.scopeSpans).flatMap(\.spans)
      #expect(batch.spans.count + batch.rejectedSpanCount == spans.count, "seed \(seed)")
      let scopes = whole.resourceSpans.flatMap(\.scopeSpans).filter { !$0.spans.isEmpty }
      #expect(batch.scopes.count <= scopes.count, "seed \(seed)")
    }
  }
}
