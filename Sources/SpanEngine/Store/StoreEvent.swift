package import SpanModel

/// Something that happened and that whoever runs the store may want to know.
package enum StoreEvent: Sendable {
  case recovered(segments: Int, requests: UInt64, spans: UInt64, milliseconds: Int)
  case tornTail(file: String, position: UInt64)
  case damaged(Damage)
  case rolled(SegmentSequence)
  /// The first one's spans are in the others, which are sealed: one for each owner.
  case sealed(SegmentSequence, [SegmentSequence])
  /// A full segment stays unsealed for the time being.
  case notSealed(FileError)
  /// A full segment is not sealed, because something in it is damaged.
  case keptUnsealed(file: String)
  /// So many sealed segments are now one, without the spans that were to go.
  case compacted(segments: Int, SegmentSequence, droppedSpans: UInt64)
  /// Sealed segments stay as they are for the time being.
  case notCompacted(StoreError)
  /// Files all of whose spans are in another are still there.
  case notRemoved(FileError)
  /// A full or sealed segment went.
  case retired(SegmentSequence, RetirementReason)
  case outOfSpace(FileError)
  /// There is room again, and requests are taken.
  case spaceReturned(lane: UInt32)
  /// The index of a full segment stays in memory for the time being.
  case indexNotWritten(FileError)
  /// An index file was damaged, and made again from its segment.
  case indexRebuilt(file: String)
  case laneFailed(lane: UInt32, StoreError)

  package enum Severity: Sendable { case notice, warning, error }

  package var severity: Severity {
    switch self {
    case .recovered, .tornTail, .rolled, .sealed, .compacted, .retired, .spaceReturned: .notice
    case .outOfSpace, .indexNotWritten, .indexRebuilt, .notSealed, .keptUnsealed, .notCompacted, .notRemoved:
      .warning
    case .damaged, .laneFailed: .error
    }
  }
}

extension StoreEvent: CustomStringConvertible {
  package var description: String {
    switch self {
    case .recovered(let segments, let requests, let spans, let milliseconds):
      "recovered \(requests) requests with \(spans) spans from \(segments) segments in \(milliseconds) ms"
    case .tornTail(let file, let position):
      "\(file) ends in a torn tail at position \(position): what follows was never acked"
    case .damaged(let damage):
      "\(damage); run \"spanlog verify\" on the stopped store to see all damage"
    case .rolled(let sequence): "rolled to segment \(sequence)"
    case .sealed(let full, let sealed):
      sealed.count == 1
        ? "sealed segment \(full) as \(sealed[0])"
        : "sealed segment \(full) as \(sealed.count) segments from \(sealed[0]) on, one for each owner"
    case .notSealed(let error): "\(error); a full segment stays as it is until it can be sealed"
    case .keptUnsealed(let file):
      "\(file) is damaged and stays as it is, unsealed; run \"spanlog verify\" on the stopped store to see all damage"
    case .compacted(let count, let sequence, let dropped):
      "compacted \(count) sealed segments into \(sequence), without \(dropped) spans that are copies or dropped"
    case .notCompacted(let error): "\(error); sealed segments stay as they are until they can be compacted"
    case .notRemoved(let error): "\(error); a file that is needed no more goes when it can be removed"
    case .retired(let sequence, let reason): "retired segment \(sequence): \(reason)"
    case .spaceReturned(let lane): "there is room again: lane \(lane) takes requests"
    case .indexNotWritten(let error):
      "\(error); the index of a full segment stays in memory until it can be written"
    case .indexRebuilt(let file): "\(file) was damaged and is made again from its segment; nothing is lost"
    case .outOfSpace(let error): "\(error); requests are refused until there is room"
    case .laneFailed(let lane, let error):
      "lane \(lane) stopped writing: \(error); restart to write again. What was synced is safe; what was acked "
        + "without a sync (durability os or interval) may not be"
    }
  }
}
