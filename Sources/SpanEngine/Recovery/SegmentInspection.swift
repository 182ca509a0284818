package import SpanModel
package import SpanWire

/// What one file holds, frame by frame and record by record.
package enum InspectedItem: Sendable {
  case segment(name: String, header: SegmentHeader, byteCount: UInt64)
  case frame(position: UInt64, header: FrameHeader)
  /// A record and the traces of its directory, as far as they can be read.
  case record(position: UInt64, header: RecordHeader, traces: [TraceID?])
  /// What the record before says, being one.
  case tombstone(Tombstone)
  case damage(Damage)
  /// The end of what is read, and whether a closing frame or a torn frame stands there.
  case end(position: UInt64, isClosed: Bool, tornAt: UInt64?)
}

package enum SegmentInspection {
  /// Names of the segments in a data directory, oldest first.
  package static func segmentNames(in directory: String, platform: any Platform = LinuxPlatform())
    throws(StoreError) -> [String]
  {
    do {
      let names = try Directory(directory, on: platform).fileNames()
      return names.compactMap { name in FileName.parseActive(name).map { (name, $0.sequence) } }
        .sorted { $0.1 < $1.1 }.map(\.0)
    } catch {
      throw .file(error)
    }
  }

  /// Reads the file `name` of `directory` from front to back; checks it as recovery would, without a ledger.
  package static func inspect(
    _ name: String, in directory: String, platform: any Platform = LinuxPlatform(),
    _ visit: (InspectedItem) -> Void
  ) throws(StoreError) {
    let directory = Directory(directory, on: platform)
    let lock = try DirectoryLock.shared(in: directory)
    defer { lock.release() }
    let file: SegmentFile
    do { file = try SegmentFile(name, .readOnly, in: directory) } catch {
      switch error {
      case .file(let error): throw .file(error)
      case .damaged(let damage): throw .corrupt(damage)
      case .newer(let error): throw .unusable(path: name, reason: error.description)
      }
    }
    do throws(FileError) { try walk(file, visit) } catch { throw .file(error) }
  }

  private static func walk(_ file: SegmentFile, _ visit: (InspectedItem) -> Void) throws(FileError) {
    let scan = try FrameScan(file)
    visit(.segment(name: file.name, header: file.header, byteCount: scan.window.fileByteCount))
    var walk = SegmentWalk(scan, DurableEvidence())
    while let frame = try walk.next() {
      visit(.frame(position: frame.position, header: frame.header))
      for record in frame.records {
        visit(.record(position: record.position, header: record.header, traces: record.traceIDs))
        if let tombstone = record.tombstone { visit(.tombstone(tombstone)) }
      }
    }
    for damage in walk.damages { visit(.damage(damage)) }
    visit(.end(position: walk.end, isClosed: walk.isClosed, tornAt: walk.tornAt))
  }
}
