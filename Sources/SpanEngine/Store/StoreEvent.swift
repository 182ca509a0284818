package import SpanModel

/// Something that happened and that whoever runs the store may want to know.
package enum StoreEvent: Sendable {
  case recovered(segments: Int, requests: UInt64, spans: UInt64, milliseconds: Int)
  case tornTail(file: String, position: UInt64)
  case damaged(Damage)
  case rolled(SegmentSequence)
  case outOfSpace(FileError)
  case laneFailed(lane: UInt32, StoreError)

  package enum Severity: Sendable { case notice, warning, error }

  package var severity: Severity {
    switch self {
    case .recovered, .tornTail, .rolled: .notice
    case .outOfSpace: .warning
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
    case .outOfSpace(let error): "\(error); requests are refused until there is room"
    case .laneFailed(let lane, let error):
      "lane \(lane) stopped writing: \(error); nothing acked is lost, restart to write again"
    }
  }
}
