import SpanAnswers
import SpanEngine
import SpanModel
import SpanWire

/// What `inspect` prints of each item: one line, indented as deep as it stands.
struct InspectionText {
  let showsTraces: Bool

  func lines(_ item: InspectedItem) -> [String] {
    switch item {
    case .segment(let name, let header, let byteCount): [segment(name, header, byteCount)]
    case .frame(let position, let header): [frame(position, header)]
    case .record(let position, let header, let traces): record(position, header, traces)
    case .tombstone(let tombstone): [line(tombstone)]
    case .damage(let damage):
      ["damage  position \(damage.position), \(damage.byteCount) bytes: \(damage.reason)"]
    case .end(let position, let isClosed, let tornAt): [end(position, isClosed, tornAt)]
    }
  }

  private func segment(_ name: String, _ header: SegmentHeader, _ byteCount: UInt64) -> String {
    "segment \(name)  sequence \(header.sequence.rawValue), lane \(header.lane), store \(hexDigits(of: header.storeID.high))\(hexDigits(of: header.storeID.low)), "
      + "created \(moment(header.created)), \(byteCount) bytes, index of \(header.indexSlotCount) slots and "
      + "\(header.indexEntryCount) entries"
  }

  private func frame(_ position: UInt64, _ header: FrameHeader) -> String {
    "frame   position \(position), number \(header.number), written \(moment(header.time)), "
      + "\(header.recordCount) records in \(header.payloadByteCount) bytes, durable up to \(header.durableUpTo)"
      + (header.flags == .closing ? ", closing" : "")
  }

  private func record(_ position: UInt64, _ header: RecordHeader, _ traces: [TraceID?]) -> [String] {
    let line =
      "  record  position \(position), \(header.kind) \(header.sequence.rawValue), "
      + "arrived \(moment(header.arrival)), \(header.bodyByteCount) bytes, spans \(header.counts.spans), "
      + "traces \(header.counts.traces), rejected \(header.rejectedSpanCount)"
    guard showsTraces else { return [line] }
    return [line] + traces.map { "    trace \($0.map { "\($0)" } ?? "(unreadable)")" }
  }

  private func line(_ tombstone: Tombstone) -> String {
    let hold = tombstone.heldUntil.nanoseconds == 0 ? "" : ", held until \(moment(tombstone.heldUntil))"
    return "    deleted \(moment(tombstone.deleted)), trace hashed "
      + "\(hexDigits(of: tombstone.trace.high))\(hexDigits(of: tombstone.trace.low)), hides below sequence "
      + "\(tombstone.sequence.rawValue)\(hold)"
  }

  private func end(_ position: UInt64, _ isClosed: Bool, _ tornAt: UInt64?) -> String {
    let ending =
      if let tornAt {
        "a torn frame at \(tornAt)"
      } else {
        isClosed ? "closed" : "not closed"
      }
    return "end     position \(position), \(ending)"
  }

  private func moment(_ time: Timestamp) -> String { TimeText.moment(nanoseconds: time.nanoseconds) }
}
