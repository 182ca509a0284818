import SpanWire

/// What the bytes of segments are: together they are all of them.
struct ByteSections: Encodable, Equatable {
  /// Headers of files and frames.
  var fileAndFrameHeaders: UInt64 = 0
  /// Headers and page tables of records.
  var recordHeaders: UInt64 = 0
  /// Requests as they came.
  var bodies: UInt64 = 0
  var directories: UInt64 = 0
  /// Zeroes that bring parts, records and frames to where the next can begin.
  var padding: UInt64 = 0
  /// Behind the last frame of a file.
  var unused: UInt64 = 0
  /// In none of the others: damage.
  var unread: UInt64 = 0

  var sum: UInt64 {
    fileAndFrameHeaders + recordHeaders + bodies + directories + padding + unused + unread
  }

  mutating func add(_ frame: FrameHeader) {
    let header = UInt64(FrameHeader.byteCount)
    fileAndFrameHeaders += header
    padding += frame.alignedByteCount - header - frame.payloadByteCount
  }

  mutating func add(_ record: RecordHeader, at position: UInt64) {
    let layout = RecordLayout(of: record, at: position)
    let header = RecordHeader.byteCount + layout.tableByteCount
    recordHeaders += UInt64(header)
    bodies += UInt64(layout.bodyByteCount)
    directories += UInt64(layout.directoryByteCount)
    padding += UInt64(layout.byteCount - header - layout.bodyByteCount - layout.directoryByteCount)
  }
}
