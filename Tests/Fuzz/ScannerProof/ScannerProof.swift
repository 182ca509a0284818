internal import SpanTestKit
import SpanWire
import SwiftProtobuf

/// Holds the scanner against swift-protobuf: both must take or refuse a request, and find the same in it.
///
/// The messages of `shallow.proto` end where the scanner stops looking, so that the two must agree in both
/// directions; what the scanner calls an envelope is, byte for byte, what swift-protobuf then calls unknown.
package struct ScannerProof: FuzzProof {
  private var batch = SpanBatch()

  package init() {}

  package static func seed(_ number: UInt64) -> [UInt8] {
    var generator = RequestGenerator(seed: number)
    return generator.request()
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? { difference(over: input) }

  /// What the two disagree on, or `nil` when they agree.
  package mutating func difference(over request: UnsafeRawBufferPointer) -> String? {
    let expected = try? Shallow_Request(serializedBytes: [UInt8](request))
    do {
      try batch.scan(request)
    } catch {
      if expected != nil { return "the scanner alone refuses it: \(error)" }
      guard (0...request.count).contains(error.position) else { return "\(error): outside the request" }
      guard batch.isEmpty else { return "a failed scan left something in the batch" }
      return nil
    }
    guard let expected else { return "swift-protobuf alone refuses it" }
    return RequestComparison(request: request, batch: batch).difference(from: expected)
  }

  package mutating func difference(over request: [UInt8]) -> String? {
    request.withUnsafeBytes { difference(over: $0) }
  }
}

extension SpanBatch {
  fileprivate var isEmpty: Bool {
    spans.isEmpty && scopes.isEmpty && resources.isEmpty && pieces.isEmpty && rejectedSpanCount == 0
      && firstRejection == nil
  }
}
