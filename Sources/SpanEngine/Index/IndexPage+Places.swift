internal import SpanWire

extension IndexEntry {
  var place: TraceIndex.Place { TraceIndex.Place(record: UInt64(recordPosition8) * 8, trace: trace) }
}

extension IndexPage {
  /// The places of `tag` in this page, newest first.
  func places(of tag: UInt32) -> [TraceIndex.Place] {
    let first = firstEntry(notBelow: tag)
    var end = first
    while end < entryCount, entry(end).tag == tag { end += 1 }
    return (first..<end).reversed().map { entry($0).place }
  }
}
