internal import SpanModel
internal import SpanWire

/// Takes what can be read of a sealed segment as the requests that its spans came in, in order of arrival.
///
/// The spans of a request are spread over the row groups, so as many requests are put together at once as fit
/// the memory there is for it, in several passes if need be.
struct SealedSalvage {
  /// Bytes of spans that are held at once.
  static let heldByteCountMax: UInt64 = 128 << 20

  private let scan: SealedScan
  private let parts: SealedParts
  private let deleted: DeletedTraces
  private let reader: RowGroupReader
  private let scopes: [SealedContents.Scope]
  private let resources: [[UInt8]]
  /// Of each record the pass in which it is put together.
  private var passes: [Int] = []

  /// - Returns: `nil` when spans cannot be told without what is damaged.
  init?(_ scan: SealedScan, _ parts: SealedParts, _ deleted: DeletedTraces) {
    guard let dictionary = parts.dictionary, let scopes = parts.scopes, let resources = parts.resources else {
      return nil
    }
    self.scan = scan
    self.parts = parts
    self.deleted = deleted
    self.scopes = scopes
    self.resources = resources
    reader = RowGroupReader(dictionary)
  }

  /// Records as far as they are known; without them all spans are taken to have come at the end, and what may
  /// have been deleted to be so.
  private var records: [SealedRecord] {
    parts.records ?? [
      SealedRecord(
        sequence: scan.footer.firstRecord, arrival: scan.footer.lastArrival, acceptedSpanCount: 0,
        rejectedSpanCount: 0, rulesVersion: 0)
    ]
  }

  mutating func run(into target: SalvageTarget, heldByteCountMax: UInt64 = Self.heldByteCountMax)
    throws(StoreError)
  {
    guard parts.records != nil else { return try appendGroups(to: target) }
    let records = records
    let order = records.indices.sorted { records[$0].sequence < records[$1].sequence }
    let passCount = try plan(order, heldByteCountMax)
    // Every pass meets the same damage.
    let damages = scan.damages
    for pass in 0..<passCount {
      var requests = [RebuiltRequest](repeating: RebuiltRequest(), count: records.count)
      for group in scan.groups.indices {
        try read(group) { (row, record, span) in
          if passes[record] == pass { requests[record].add(span, scope: Int(row.scope)) }
        }
      }
      for record in order where requests[record].spanCount > 0 {
        try append(requests[record], arrival: records[record].arrival, to: target)
      }
      scan.damages = damages
    }
  }

  /// Spreads the records over passes.
  ///
  /// - Returns: how many passes there are.
  private mutating func plan(_ order: [Int], _ heldByteCountMax: UInt64) throws(StoreError) -> Int {
    var byteCounts = [UInt64](repeating: 0, count: order.count)
    for group in scan.groups.indices {
      try read(group) { (_, record, span) in byteCounts[record] += UInt64(span.count) }
    }
    passes = [Int](repeating: 0, count: order.count)
    var pass = 0
    var held: UInt64 = 0
    for record in order {
      if held > 0, held + byteCounts[record] > heldByteCountMax {
        pass += 1
        held = 0
      }
      held += byteCounts[record]
      passes[record] = pass
    }
    return pass + 1
  }

  /// Without its records a segment is taken row group by row group.
  private func appendGroups(to target: SalvageTarget) throws(StoreError) {
    for group in scan.groups.indices {
      var request = RebuiltRequest()
      try read(group) { (row, _, span) in request.add(span, scope: Int(row.scope)) }
      if request.spanCount > 0 {
        try append(request, arrival: scan.footer.lastArrival, to: target)
      }
    }
  }

  /// Hands out the spans of a row group that are not deleted and whose envelopes are known.
  private func read(
    _ group: Int, _ visit: (RowGroupReader.Row, _ record: Int, UnsafeRawBufferPointer) -> Void
  )
    throws(StoreError)
  {
    let records = records
    let knowsRecords = parts.records != nil
    var last: (traceID: TraceID, record: UInt32, isDeleted: Bool)?
    do throws(FileError) {
      _ = try scan.readRows(of: group, in: reader) { (row, span) in
        let record = knowsRecords ? Int(row.record) : 0
        guard record < records.count, Int(row.scope) < scopes.count else { return }
        if last?.traceID != row.traceID || last?.record != row.record {
          let isDeleted = deleted.hides(
            row.traceID, tenant: scan.footer.tenant, in: records[record].sequence)
          last = (row.traceID, row.record, isDeleted)
        }
        if last?.isDeleted == false { visit(row, record, span) }
      }
    } catch {
      throw .file(error)
    }
  }

  private func append(_ request: RebuiltRequest, arrival: Timestamp, to target: SalvageTarget)
    throws(StoreError)
  {
    let (scopes, resources) = (scopes, resources)
    let bytes = request.bytes { scope in
      (scopes[scope].resource, resources[scopes[scope].resource], scopes[scope].bytes)
    }
    _ = try target.append(bytes, of: scan.footer.owner, arrival: arrival)
  }
}
