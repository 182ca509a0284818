import SpanModel

/// Where traces are read from, piece by piece.
protocol TraceSource: AnyObject {
  /// Damage that is known before anything is read.
  func knownDamage() async throws -> KnownDamage

  /// The next piece, or `nil` at the end of what was asked for.
  func next() async throws -> TracePiece?

  func close() async
}

/// A piece of what was asked for, in order: chunks of a trace, then its end.
enum TracePiece {
  /// A serialized `TracesData` with spans of one trace.
  case chunk([UInt8], mayRepeat: Bool)
  /// The trace is over; when it was not found there were no chunks. A server that is
  /// asked for all does not tell where one ends.
  case end(TraceID, wasFound: Bool)
  /// Of the trace, or of all, more is damaged than the chunks so far.
  case damaged(String)
}

/// What is asked for.
enum ReadSelection {
  case traces(any TraceIDs, skip: UInt64, limit: UInt64?)
  case all
}
