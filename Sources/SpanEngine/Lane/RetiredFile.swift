internal import SpanModel

/// A file that nobody finds any more, under a temporary name, to be used again for a new segment.
struct RetiredFile {
  let temporaryName: String
  /// Nothing that ever stood in it came in a record with a lower sequence.
  let bytesStart: RecordSequence
}
