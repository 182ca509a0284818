internal import SpanModel
internal import SpanWire

/// What could be read of a damaged data directory, put into a new one.
///
/// The new store has an identity of its own: its sequences are given anew, so nothing of the old one may be
/// taken for it. Spans, envelopes and times of arrival are those they were.
package struct StoreSalvage: Sendable {
  package let requestCount: UInt64
  package let spanCount: UInt64
  /// Sections of sealed segments that could be used because a single byte in them was wrong.
  package let mended: [Damage]

  /// Reads a data directory that no process has open, changing nothing in it, and appends all requests of
  /// which something can be read to a new store, in order of arrival as far as that is known.
  ///
  /// - Parameter options: of the new store, whose directory is new, or empty.
  package static func save(
    from path: String, into options: StoreOptions, platform: any Platform = LinuxPlatform()
  ) throws(StoreError) -> StoreSalvage {
    let opening = try StoreOpening.readOnly(path, platform: platform)
    defer { opening.lock.release() }
    let contents = try DirectoryContents(opening)
    let output = try SalvageTarget(options, platform: platform)
    let mended: [Damage]
    do throws(StoreError) {
      let source = try Source(opening, contents)
      try source.append(to: output)
      mended = source.sealed.flatMap(\.mended)
    } catch {
      output.abandon()
      throw error
    }
    try output.close()
    return StoreSalvage(requestCount: output.requestCount, spanCount: output.spanCount, mended: mended)
  }
}

extension StoreSalvage {
  fileprivate struct Source {
    let directory: Directory
    let sealed: [SealedScan]
    let logFiles: [DirectoryContents.LogFile]
    let deleted: DeletedTraces

    init(_ opening: StoreOpening, _ contents: DirectoryContents) throws(StoreError) {
      directory = opening.directory
      logFiles = contents.logFiles
      var deleted = DeletedTraces(key: opening.identity.hashKey)
      for tombstone in contents.tombstones { deleted.add(tombstone.trace, below: tombstone.sequence) }
      var sealed: [SealedScan] = []
      do throws(FileError) {
        for name in contents.sealedNames {
          guard let scan = try Self.scan(name, in: directory), scan.footer.belongs(to: opening.identity)
          else {
            continue
          }
          sealed.append(scan)
          let found = try scan.decode(.tombstones) { (raw) throws(FormatError) in
            try SealedTables.tombstones(raw)
          }
          for tombstone in found ?? [] {
            deleted.add(
              TraceDigest(high: tombstone.high, low: tombstone.low), below: tombstone.sequence)
          }
        }
      } catch {
        throw .file(error)
      }
      self.deleted = deleted
      self.sealed = sealed.sorted {
        ($0.footer.firstRecord, $0.footer.sequence) < ($1.footer.firstRecord, $1.footer.sequence)
      }
    }

    /// - Returns: `nil` when nothing of the segment can be found.
    private static func scan(_ name: String, in directory: Directory) throws(FileError) -> SealedScan? {
      do { return try SealedScan(name, in: directory, mends: true) } catch {
        guard case .file(let error) = error else { return nil }
        throw error
      }
    }

    func append(to output: SalvageTarget) throws(StoreError) {
      for scan in sealed {
        let parts: SealedParts
        do throws(FileError) { parts = try SealedParts(scan) } catch { throw .file(error) }
        if var salvage = SealedSalvage(scan, parts, deleted) { try salvage.run(into: output) }
      }
      for file in logFiles { try append(file, to: output) }
    }

    private func append(_ file: DirectoryContents.LogFile, to output: SalvageTarget) throws(StoreError) {
      guard let end = file.end else { return }
      let salvage: LogSalvage
      do {
        salvage = try LogSalvage(try SegmentFile(file.name, .readOnly, in: directory), end: end, deleted)
      } catch let error as FileError {
        throw .file(error)
      } catch let SegmentFile.Failure.file(error) {
        throw .file(error)
      } catch {
        // It was readable a moment ago; what is lost was named then.
        return
      }
      try salvage.run(into: output)
    }
  }
}
