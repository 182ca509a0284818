package import SpanModel
internal import SpanWire
internal import SystemPackage

/// Where the files of a data directory still hold a trace: what a deletion leaves until all of them were
/// rewritten.
///
/// Every byte of every file is looked at, whatever its name, for the 16 bytes of the id; of sealed segments
/// the uncompressed spans, too. Not looked for: the id written as text. Links of other traces to it are
/// counted and are no remains, and neither is the keyed hash of a tombstone.
package struct TraceRemains: Sendable {
  package struct Place: Equatable, Sendable {
    package let file: String
    package let position: UInt64
    package let what: String

    package init(file: String, position: UInt64, what: String) {
      self.file = file
      self.position = position
      self.what = what
    }
  }

  /// As many are listed.
  package static let placeCountMax = 1000

  package private(set) var places: [Place] = []
  package private(set) var placeCount: UInt64 = 0
  /// Spans of other traces that link to it.
  package private(set) var linkCount: UInt64 = 0
  package private(set) var fileCount = 0
  package private(set) var byteCount: UInt64 = 0
  /// Of segments that could not be read to the end: what stands there cannot be told.
  package private(set) var damages: [Damage] = []

  package var isGone: Bool { placeCount == 0 && damages.isEmpty }

  /// Searches a data directory that no process has open; changes nothing.
  package static func find(
    _ traceID: TraceID, in path: String, platform: any Platform = LinuxPlatform()
  ) throws(StoreError) -> TraceRemains {
    let opening = try StoreOpening.readOnly(path, platform: platform)
    defer { opening.lock.release() }
    var remains = TraceRemains()
    do throws(FileError) {
      // What stands under names that nobody reads is there, too.
      let names = try Set(opening.directory.fileNames() + opening.directory.storedFileNames())
      for name in names.sorted() where !opening.directory.hasStandIn(name) {
        try remains.search(name, in: opening.directory, traceID)
      }
    } catch {
      throw .file(error)
    }
    return remains
  }

  /// Searches a data directory that this process has open. Files go and come meanwhile: what was in one that
  /// went may be in one that came, so it ends when no name is new.
  static func find(_ traceID: TraceID, whileOpen directory: Directory, _ control: MaintenanceControl)
    throws(StoreError) -> TraceRemains
  {
    var remains = TraceRemains()
    var searched: Set<String> = []
    try control.begin(.searching, of: 0)
    while true {
      let names: [String]
      do { names = try directory.fileNames().filter { !searched.contains($0) } } catch { throw .file(error) }
      if names.isEmpty { return remains }
      for name in names.sorted() {
        do throws(FileError) { try remains.search(name, in: directory, traceID) } catch {
          guard error.errno == .noSuchFileOrDirectory else { throw .file(error) }
        }
        searched.insert(name)
        let byteCount = remains.byteCount
        try control.tell(
          MaintenanceProgress(phase: .searching, doneByteCount: byteCount, totalByteCount: byteCount))
      }
    }
  }

  mutating func note(_ file: String, _ position: UInt64, _ what: String) {
    placeCount += 1
    if places.count < Self.placeCountMax {
      places.append(Place(file: file, position: position, what: what))
    }
  }

  private mutating func search(_ name: String, in directory: Directory, _ traceID: TraceID) throws(FileError)
  {
    let file: File
    do { file = try directory.open(name, .readOnly) } catch {
      // A directory in it is not the store's.
      guard error.errno == .isDirectory else { throw error }
      return
    }
    fileCount += 1
    byteCount += try file.byteCount()
    let found: [UInt64]
    do { found = try IDSearch(traceID).places(in: file) } catch {
      // What opens like a file and cannot be read is a directory.
      guard error.errno == .isDirectory else { throw error }
      fileCount -= 1
      return
    }
    if FileName.parseSealed(name) != nil {
      try searchSealed(name, in: directory, traceID, found)
    } else if FileName.parseActive(name) != nil, !found.isEmpty {
      try searchLog(name, in: directory, traceID, found)
    } else {
      for position in found { note(name, position, "its id") }
    }
  }
}

// MARK: Log segments

extension TraceRemains {
  /// - Parameter found: where the id stands in the file.
  private mutating func searchLog(
    _ name: String, in directory: Directory, _ traceID: TraceID, _ found: [UInt64]
  ) throws(FileError) {
    var held = found
    do {
      let scan = try FrameScan(try SegmentFile(name, .readOnly, in: directory))
      var walk = SegmentWalk(scan, DurableEvidence())
      while let frame = try walk.next() {
        for record in frame.records where record.header.kind == .request {
          held = try withoutLinks(held, of: record, scan, traceID)
        }
      }
    } catch let error as FileError {
      throw error
    } catch {
      // Its header is damaged: what stands in it cannot be told, and counts as held.
    }
    for position in held { note(name, position, "its id") }
  }

  /// The places that are no links of other traces in a record's body.
  private mutating func withoutLinks(
    _ places: [UInt64], of record: ScannedRecord, _ scan: FrameScan, _ traceID: TraceID
  ) throws(FileError) -> [UInt64] {
    let layout = RecordLayout(of: record.header, at: record.position)
    let start = record.position + UInt64(layout.bodyPosition)
    let end = start + UInt64(layout.bodyByteCount)
    guard places.contains(where: { $0 >= start && $0 < end }) else { return places }
    let body = try scan.body(of: record)
    var batch = SpanBatch()
    let isScanned = body.withUnsafeBytes { body in
      do throws(WireError) { try batch.scan(body) } catch { return false }
      return true
    }
    guard isScanned else { return places }
    var links: Set<UInt64> = []
    for span in batch.spans where span.traceID != traceID {
      let first = start + UInt64(span.slice.position)
      let inSpan = places.filter { $0 >= first && $0 < first + UInt64(span.slice.byteCount) }
      guard !inSpan.isEmpty else { continue }
      let areLinks = body.withUnsafeBytes { body in
        SpanLinks.hold(inSpan.map { Int($0 - first) }, of: body[span.slice])
      }
      if areLinks {
        linkCount += 1
        links.formUnion(inSpan)
      }
    }
    return places.filter { !links.contains($0) }
  }
}

// MARK: Sealed segments

extension TraceRemains {
  private mutating func searchSealed(
    _ name: String, in directory: Directory, _ traceID: TraceID, _ found: [UInt64]
  ) throws(FileError) {
    let scan: SealedScan
    do { scan = try SealedScan(name, in: directory) } catch {
      switch error {
      case .file(let error): throw error
      case .damaged(let damage): damages.append(damage)
      case .newer(let error): damages.append(.ofSegment(name, byteCount, error.description))
      }
      for position in found { note(name, position, "its id") }
      return
    }
    let parts = try SealedParts(scan)
    let linksBefore = linkCount
    let rows = try searchRows(of: scan, parts, traceID)
    // What a row group holds was told by its rows.
    var rest = found.filter { position in !rows.contains { $0.contains(position) } }
    let texts: [SealedSection.ID] = [.dictionary, .templates]
    var items: [SealedSection.ID: [[UInt8]]] = [:]
    let noted = scan.damages
    for id in SealedSection.ID.lists { items[id] = try scan.readItems(id) }
    scan.damages = noted
    for id in SealedSection.ID.lists {
      guard let section = scan.section(id) else { continue }
      let hasLinks = texts.contains(id) && linkCount > linksBefore
      // A text that links of other traces have in common stands in the dictionary.
      if hasLinks { rest.removeAll { section.place.contains($0) } }
      if !hasLinks, (items[id] ?? []).contains(where: { IDSearch(traceID).isIn($0) }) {
        rest.removeAll { section.place.contains($0) }
        note(name, section.position, "its id in section \(id)")
      }
    }
    for position in rest { note(name, position, "its id") }
    damages += scan.damages.filter { $0.extent != .nothing }
  }

  /// - Returns: the row groups all of whose rows were looked at.
  private mutating func searchRows(of scan: SealedScan, _ parts: SealedParts, _ traceID: TraceID)
    throws(FileError) -> [Range<UInt64>]
  {
    let search = IDSearch(traceID)
    let reader = parts.dictionary.map { RowGroupReader($0) }
    var read: [Range<UInt64>] = []
    for number in scan.groups.indices {
      var spanCount = 0
      var foreignCount = 0
      var links: UInt64 = 0
      let outcome = try scan.readRows(of: number, in: reader) { (row, span) in
        if row.traceID == traceID {
          spanCount += 1
          return
        }
        let places = search.places(in: span)
        if places.isEmpty { return }
        if SpanLinks.hold(places, of: span) { links += 1 } else { foreignCount += 1 }
      }
      linkCount += links
      let position = scan.groups[number].lowerBound
      if spanCount > 0 { note(scan.name, position, "\(spanCount) of its spans") }
      if foreignCount > 0 { note(scan.name, position, "its id in \(foreignCount) spans of other traces") }
      if case .whole = outcome { read.append(scan.groups[number]) }
    }
    return read
  }
}
