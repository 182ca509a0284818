internal import SpanModel
internal import SpanWire

/// A record that only lacks its place in a file.
enum PreparedRecord: Sendable {
  case append(PreparedAppend)
  case deletion(PreparedTombstone)

  var isDeletion: Bool { if case .deletion = self { true } else { false } }

  /// Whose it is; `nil` of what is sealed for nobody.
  var owner: RecordOwner? {
    switch self {
    case .append(let append): append.owner
    case .deletion: nil
    }
  }

  /// Bytes of the record in the file, wherever it stands.
  var byteCountMax: Int {
    switch self {
    case .append(let append): append.byteCountMax
    case .deletion: PreparedTombstone.byteCount
    }
  }

  /// Bytes of the record in the file if its header stood at `position`.
  func byteCount(at position: UInt64) -> Int {
    switch self {
    case .append(let append): append.layout(at: position).byteCount
    case .deletion: PreparedTombstone.byteCount
    }
  }

  /// Entries it takes of an index.
  var traceCount: Int {
    switch self {
    case .append(let append): Int(append.counts.traces)
    case .deletion: 0
    }
  }

  /// Gives the record its place. Once only.
  ///
  /// - Returns: the record header's checksum, and the record's bytes in the file.
  func place(at position: UInt64, inFrameAt framePosition: UInt64, sequence: RecordSequence, salt: FileSalt)
    -> (checksum: UInt32, byteCount: Int)
  {
    switch self {
    case .append(let append):
      return append.place(at: position, inFrameAt: framePosition, sequence: sequence, salt: salt)
    case .deletion(let tombstone):
      let checksum = tombstone.place(
        at: position, inFrameAt: framePosition, sequence: sequence, salt: salt)
      return (checksum, PreparedTombstone.byteCount)
    }
  }

  /// Appends the record to a frame; must live until that is finished.
  func write(to output: FrameOutput) throws(FileError) {
    switch self {
    case .append(let append): try append.write(to: output)
    case .deletion(let tombstone): try tombstone.write(to: output)
    }
  }
}
