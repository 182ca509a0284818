package import SpanModel
package import SpanWire

/// Gathers the spans of one trace, chunk by chunk, to draw them as a tree.
///
/// A tree needs all its spans at once. To bound memory only the first `spanCountMax` that come are held, and
/// those without their attributes; the others are counted, and the drawing says so.
package struct TraceTree {
  /// More lines than anybody reads. A span takes about 100 bytes, and up to 350 more if nothing else has its
  /// name: 25 to 110 MiB.
  package static let spanCountMax = 250_000

  package let traceID: TraceID
  /// All spans, those that are not held too.
  package private(set) var spanCount = 0
  /// The chunks said that equal spans may be among them.
  package private(set) var mayRepeat = false
  private(set) var spans: [TreeSpan] = []
  private(set) var errorCount = 0
  private(set) var extent = TraceExtent()
  private(set) var names = TextTable()
  private(set) var services = TextTable()
  private let spanCountMax: Int
  private var batch = SpanBatch()

  package init(traceID: TraceID, spanCountMax: Int = Self.spanCountMax) {
    self.traceID = traceID
    self.spanCountMax = spanCountMax
  }

  /// Adds the spans of `chunk`, serialized `TracesData`.
  package mutating func append(_ chunk: UnsafeRawBufferPointer, mayRepeat: Bool = false) throws(WireError) {
    // `TracesData` and a request are the same on the wire: resource spans in field 1.
    try batch.scan(chunk)
    self.mayRepeat = self.mayRepeat || mayRepeat
    let services = batch.resources.map { serviceNumber(of: $0, in: chunk) }
    for entry in batch.spans { append(entry, service: services[Int(entry.resource)], in: chunk) }
  }

  private mutating func append(_ entry: SpanEntry, service: UInt32, in chunk: UnsafeRawBufferPointer) {
    spanCount += 1
    if entry.status == TreeSpan.errorStatus { errorCount += 1 }
    extent.include(start: entry.start, end: entry.end)
    guard spans.count < spanCountMax else { return }
    let name = names.number(of: chunk[entry.name])
    spans.append(
      TreeSpan(
        id: entry.spanID, parentID: entry.parentID, start: entry.start, end: entry.end, kind: entry.kind,
        status: entry.status, name: name, service: service))
  }

  private mutating func serviceNumber(
    of resource: ResourceEntry, in chunk: UnsafeRawBufferPointer
  ) -> UInt32 {
    let pieces = batch.pieces[Int(resource.firstPiece)..<Int(resource.firstPiece + resource.pieceCount)]
    let name = pieces.lazy.compactMap { ServiceName.find(inResourceSpans: chunk[$0]) }.first
    return services.number(of: name ?? UnsafeRawBufferPointer(start: nil, count: 0))
  }
}

/// What a line of the tree is made of.
struct TreeSpan {
  static let errorStatus: Int32 = 2

  var id: SpanID
  var parentID: SpanID
  var start: Timestamp
  var end: Timestamp
  var kind: Int32
  var status: Int32
  /// Number in the tree's names.
  var name: UInt32
  /// Number in the tree's services.
  var service: UInt32
}

/// From the least start to the greatest end; a time of zero counts as not told.
struct TraceExtent {
  private(set) var start = UInt64.max
  private(set) var end = UInt64.min

  mutating func include(start: Timestamp, end: Timestamp) {
    if start.nanoseconds != 0 { self.start = min(self.start, start.nanoseconds) }
    self.end = max(self.end, start.nanoseconds, end.nanoseconds)
  }

  var isEmpty: Bool { start > end }
  var nanosecondCount: UInt64 { isEmpty ? 0 : end - start }
}

extension UnsafeRawBufferPointer {
  /// The bytes of a slice that a scan of this buffer found.
  subscript(slice: Slice) -> UnsafeRawBufferPointer {
    let start = Int(slice.position)
    return UnsafeRawBufferPointer(rebasing: self[start..<start + Int(slice.byteCount)])
  }
}
