/// What every span has in the key block of its row group, but for its trace.
struct SpanKeys: BitwiseCopyable {
  var spanID: UInt64 = 0
  /// 0 where there is none.
  var parentID: UInt64 = 0
  var start: UInt64 = 0
  /// That of the start, for a span without an end.
  var end: UInt64 = 0
}
