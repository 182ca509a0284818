internal import SpanModel
package import SpanWire

/// The records of a segment that nothing is appended to, from front to back; every byte is checked on the
/// way.
///
/// Holds a window of the file and the records of one frame.
package struct RecordWalk {
  package struct Place {
    package let position: UInt64
    package let header: RecordHeader
  }

  private var walk: SegmentWalk
  private let scan: FrameScan
  private var records: ArraySlice<ScannedRecord> = []
  private var isAtEnd = false

  package init(_ segment: Segment) throws(StoreError) {
    var evidence = DurableEvidence()
    // Up to there it was found to be durable when it was opened.
    evidence.tail = segment.summary.map {
      RecoveredTail(segment: segment.sequence, end: $0.end, frameChecksum: $0.lastChecksum)
    }
    do throws(FileError) { scan = try FrameScan(SegmentFile(segment)) } catch { throw .file(error) }
    walk = SegmentWalk(scan, evidence)
  }

  /// The next record that is kept, some pages of which may be damaged; `nil` at the end.
  package mutating func next() throws(StoreError) -> Place? {
    while records.isEmpty, !isAtEnd {
      do throws(FileError) {
        guard let frame = try walk.next() else {
          isAtEnd = true
          return nil
        }
        records = frame.records[...]
      } catch {
        throw .file(error)
      }
    }
    return records.popFirst().map { Place(position: $0.position, header: $0.header) }
  }

  /// Where the frame ends from which the last record came.
  package var position: UInt64 { walk.end }

  /// All damage met so far.
  package var damages: [Damage] { walk.damages + scan.unreadable }
}
