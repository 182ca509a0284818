import SpanModel

/// A request to be sent.
struct ReplayRequest {
  /// How many spans are of a record.
  struct Part: Equatable {
    let sequence: RecordSequence
    var spanCount: Int
  }

  /// A serialized `ExportTraceServiceRequest`.
  var bytes: [UInt8]
  var spanCount: Int
  /// When it came, or when the first of its spans ended: it goes out in pace with that.
  var time: Timestamp
  /// The records its spans are of.
  var parts: [Part]
}
