import SpanModel
import SpanWire
import SwiftProtobuf

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Walks the batch beside the decoded request, entry by entry.
struct RequestComparison {
  let request: UnsafeRawBufferPointer
  let batch: SpanBatch
  private var spanCount = 0
  private var scopeCount = 0
  private var resourceCount = 0
  private var rejectedSpanCount = 0

  init(request: UnsafeRawBufferPointer, batch: SpanBatch) {
    self.request = request
    self.batch = batch
  }

  consuming func difference(from expected: Shallow_Request) -> String? {
    for resource in expected.resourceSpans {
      if let difference = differenceOfResource(resource) { return difference }
    }
    guard spanCount == batch.spans.count else { return "\(batch.spans.count) spans, not \(spanCount)" }
    guard scopeCount == batch.scopes.count else { return "\(batch.scopes.count) scopes, not \(scopeCount)" }
    guard resourceCount == batch.resources.count else {
      return "\(batch.resources.count) resources, not \(resourceCount)"
    }
    guard rejectedSpanCount == batch.rejectedSpanCount else {
      return "\(batch.rejectedSpanCount) rejected spans, not \(rejectedSpanCount)"
    }
    return (rejectedSpanCount == 0) == (batch.firstRejection == nil) ? nil : "the first rejection is lost"
  }

  private mutating func differenceOfResource(_ expected: Shallow_ResourceSpans) -> String? {
    guard expected.scopeSpans.contains(where: hasAcceptedSpans) else {
      // No entry, but its rejected spans count.
      for scope in expected.scopeSpans {
        if let difference = differenceOfScope(scope) { return difference }
      }
      return nil
    }
    guard resourceCount < batch.resources.count else { return "resource \(resourceCount) is missing" }
    let entry = batch.resources[resourceCount]
    for scope in expected.scopeSpans {
      if let difference = differenceOfScope(scope) { return difference }
    }
    defer { resourceCount += 1 }
    return differenceOfEnvelope(
      first: entry.firstPiece, count: entry.pieceCount, from: expected.unknownFields.data,
      name: "resource \(resourceCount)")
  }

  private mutating func differenceOfScope(_ expected: Shallow_ScopeSpans) -> String? {
    guard hasAcceptedSpans(expected) else {
      for span in expected.spans {
        if let difference = differenceOfSpan(span) { return difference }
      }
      return nil
    }
    guard scopeCount < batch.scopes.count else { return "scope \(scopeCount) is missing" }
    let entry = batch.scopes[scopeCount]
    guard Int(entry.resource) == resourceCount else { return "scope \(scopeCount) has another resource" }
    for span in expected.spans {
      if let difference = differenceOfSpan(span) { return difference }
    }
    defer { scopeCount += 1 }
    return differenceOfEnvelope(
      first: entry.firstPiece, count: entry.pieceCount, from: expected.unknownFields.data,
      name: "scope \(scopeCount)")
  }

  /// The pieces of an envelope must be there, in order, none empty, none adjoining the next, and be together
  /// what swift-protobuf did not know.
  private func differenceOfEnvelope(
    first: UInt32, count: UInt32, from expected: Data, name: String
  ) -> String? {
    guard Int(first) + Int(count) <= batch.pieces.count else { return "\(name): a piece is missing" }
    var bytes: [UInt8] = []
    var previousEnd = -1
    for piece in batch.pieces[Int(first)..<Int(first) + Int(count)] {
      guard piece.byteCount > 0 else { return "\(name): an empty piece" }
      guard Int(piece.position) > previousEnd else { return "\(name): pieces adjoin or turn back" }
      previousEnd = Int(piece.position) + Int(piece.byteCount)
      guard let slice = self.bytes(of: piece) else { return "\(name): a piece outside the request" }
      bytes += slice
    }
    return bytes == [UInt8](expected) ? nil : "\(name): other bytes than expected"
  }

  private mutating func differenceOfSpan(_ expected: Shallow_Span) -> String? {
    if isRejected(expected) {
      rejectedSpanCount += 1
      return rejectedSpanCount == 1 ? differenceOfRejection(expected) : nil
    }
    guard spanCount < batch.spans.count else { return "span \(spanCount) is missing" }
    let entry = batch.spans[spanCount]
    defer { spanCount += 1 }
    guard entry == self.entry(of: expected, places: entry) else { return "span \(spanCount) is \(entry)" }
    guard bytes(of: entry.name) == [UInt8](expected.name) else { return "span \(spanCount): another name" }
    guard let slice = bytes(of: entry.slice), (try? Shallow_Span(serializedBytes: slice)) == expected else {
      return "span \(spanCount): another slice"
    }
    return nil
  }

  private func differenceOfRejection(_ expected: Shallow_Span) -> String? {
    guard let rejection = batch.firstRejection else { return "no first rejection" }
    guard rejection.reason == reason(of: expected) else { return "another reason: \(rejection)" }
    return (0...request.count).contains(rejection.position) ? nil : "\(rejection): outside the request"
  }

  private func hasAcceptedSpans(_ scope: Shallow_ScopeSpans) -> Bool {
    scope.spans.contains { !isRejected($0) }
  }

  private func isRejected(_ span: Shallow_Span) -> Bool { reason(of: span) != nil }

  /// The rules once more, in other words than the scanner's.
  private func reason(of span: Shallow_Span) -> SpanRejection.Reason? {
    if span.traceID.count != 16 { return .traceIDByteCount }
    if span.traceID.allSatisfy({ $0 == 0 }) { return .traceIDZero }
    if span.spanID.count != 8 { return .spanIDByteCount }
    return span.spanID.allSatisfy { $0 == 0 } ? .spanIDZero : nil
  }

  /// The entry that the span should have, but for its places, which are compared by what stands there.
  private func entry(of span: Shallow_Span, places: SpanEntry) -> SpanEntry {
    var entry = places
    entry.traceID = TraceID(
      high: bigEndian(span.traceID.prefix(8)), low: bigEndian(span.traceID.dropFirst(8)))
    entry.spanID = SpanID(bigEndian(span.spanID))
    entry.parentID = span.parentSpanID.count == 8 ? SpanID(bigEndian(span.parentSpanID)) : .zero
    entry.start = Timestamp(nanoseconds: span.start)
    entry.end = Timestamp(nanoseconds: span.end)
    entry.scope = UInt32(scopeCount)
    entry.resource = UInt32(resourceCount)
    entry.kind = span.kind
    entry.status = span.status.code
    return entry
  }

  private func bigEndian(_ bytes: Data) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

  private func bytes(of slice: Slice) -> [UInt8]? {
    let end = Int(slice.position) + Int(slice.byteCount)
    return end <= request.count ? [UInt8](request[Int(slice.position)..<end]) : nil
  }
}
