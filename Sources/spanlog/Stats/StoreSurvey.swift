import SpanEngine
import SpanModel
import SpanWire

/// What the segments of a data directory hold, summed up while they are walked from front to back.
struct StoreSurvey {
  private(set) var activeFileCount = 0
  private(set) var fullFileCount = 0
  private(set) var requestCount: UInt64 = 0
  private(set) var spanCount: UInt64 = 0
  private(set) var rejectedSpanCount: UInt64 = 0
  private(set) var tombstoneCount: UInt64 = 0
  private(set) var byteCount: UInt64 = 0
  private(set) var sections = ByteSections()
  private(set) var sealed = SealedSurveys()
  private(set) var indexFileByteCount: UInt64 = 0
  /// Of files that are neither segments nor indexes.
  private(set) var otherFileByteCount: UInt64 = 0
  private(set) var services = ServiceShares()
  private(set) var traces = DistinctCount()
  private(set) var oldest: Timestamp?
  private(set) var newest: Timestamp?
  private(set) var damages: [Damage] = []

  private let hash = TraceIDHash(key: HashKey(high: 0x7370_616e, low: 0x6c6f_67))
  private var fileByteCount: UInt64 = 0
  private var sumBefore: UInt64 = 0
  private var bodies: SegmentBodies?
  private var failure: (any Error)?

  /// Walks all segments; changes nothing.
  static func survey(of directory: String) throws -> StoreSurvey {
    var survey = StoreSurvey()
    for name in try SegmentInspection.segmentNames(in: directory) { try survey.walk(name, in: directory) }
    for name in try SealedInspection.segmentNames(in: directory) {
      try survey.takeSealed(name, in: directory)
    }
    let isSegment = { FileName.parseActive($0) != nil || FileName.parseSealed($0) != nil }
    for name in try LinuxPlatform().fileNames(in: directory) where !isSegment(name) {
      let byteCount = InputFile.byteCount(ofFile: "\(directory)/\(name)") ?? 0
      if FileName.parseIndex(name) == nil {
        survey.otherFileByteCount += byteCount
      } else {
        survey.indexFileByteCount += byteCount
      }
    }
    return survey
  }

  private mutating func takeSealed(_ name: String, in directory: String) throws {
    let found: SealedSurvey
    do throws(StoreError) {
      found = try SealedSurvey.survey(name, in: directory) { traces.add(hash.hash(of: $0)) }
    } catch {
      guard case .corrupt(let damage) = error else { throw error }
      let byteCount = InputFile.byteCount(ofFile: "\(directory)/\(name)") ?? 0
      damages.append(damage)
      sealed.addUnreadable(byteCount: byteCount)
      return
    }
    sealed.add(found)
    damages += found.damages
    requestCount += found.footer.recordCount
    spanCount += found.footer.spanCount
    for share in found.shares {
      services.add(
        resource: share.resource, spanCount: share.spanCount, byteCount: share.rawByteCount)
    }
    guard found.footer.recordCount > 0 else { return }
    oldest = min(oldest ?? found.footer.firstArrival, found.footer.firstArrival)
    newest = max(newest ?? found.footer.lastArrival, found.footer.lastArrival)
  }

  private mutating func walk(_ name: String, in directory: String) throws {
    bodies = try SegmentBodies(path: "\(directory)/\(name)")
    do throws(StoreError) {
      try SegmentInspection.inspect(name, in: directory) { take($0) }
    } catch {
      guard case .corrupt(let damage) = error else { throw error }
      takeUnreadable(damage, byteCount: InputFile.byteCount(ofFile: "\(directory)/\(name)") ?? 0)
    }
    if let failure { throw failure }
  }

  /// A file of whose header neither copy can be read: all its bytes are as good as lost.
  private mutating func takeUnreadable(_ damage: Damage, byteCount: UInt64) {
    damages.append(damage)
    self.byteCount += byteCount
    sections.unread += byteCount
  }

  private mutating func take(_ item: InspectedItem) {
    switch item {
    case .segment(_, _, let byteCount):
      fileByteCount = byteCount
      sumBefore = sections.sum
      sections.fileAndFrameHeaders += UInt64(SegmentHeader.pageByteCount)
    case .frame(_, let header): sections.add(header)
    case .record(let position, let header, let traceIDs): take(header, at: position, traceIDs)
    case .tombstone: tombstoneCount += 1
    case .damage(let damage): damages.append(damage)
    case .end(let position, let isClosed, _): endFile(at: position, isClosed: isClosed)
    }
  }

  private mutating func take(_ header: RecordHeader, at position: UInt64, _ traceIDs: [TraceID?]) {
    sections.add(header, at: position)
    guard header.kind == .request else { return }
    requestCount += 1
    spanCount += UInt64(header.counts.spans)
    rejectedSpanCount += UInt64(header.rejectedSpanCount)
    oldest = min(oldest ?? header.arrival, header.arrival)
    newest = max(newest ?? header.arrival, header.arrival)
    for traceID in traceIDs { if let traceID { traces.add(hash.hash(of: traceID)) } }
    do {
      let body = position + UInt64(RecordLayout(of: header, at: position).bodyPosition)
      try bodies?.read(at: body, byteCount: Int(header.bodyByteCount)) { bytes in
        // A damaged body was named by the walk; its services are not known.
        try? services.add(bytes)
      }
    } catch {
      failure = failure ?? error
    }
  }

  private mutating func endFile(at position: UInt64, isClosed: Bool) {
    if isClosed { fullFileCount += 1 } else { activeFileCount += 1 }
    sections.unused += fileByteCount - min(position, fileByteCount)
    byteCount += fileByteCount
    let known = sections.sum - sumBefore
    sections.unread += fileByteCount - min(known, fileByteCount)
  }
}
