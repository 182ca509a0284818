internal import SpanModel
internal import SpanWire

/// Traces whose deletion is still in force: their spans must not come back when what is left of a store is
/// put into another one.
struct DeletedTraces {
  private let key: HashKey
  /// Of each the sequence below which its spans are hidden.
  private var sequences: [TraceDigest: RecordSequence] = [:]

  init(key: HashKey) { self.key = key }

  var isEmpty: Bool { sequences.isEmpty }

  mutating func add(_ trace: TraceDigest, below sequence: RecordSequence) {
    sequences[trace] = max(sequences[trace] ?? sequence, sequence)
  }

  /// Whether the spans of a trace in this record are deleted.
  func hides(_ traceID: TraceID, tenant: UInt32, in sequence: RecordSequence) -> Bool {
    if isEmpty { return false }
    let digest = TraceDigest(of: traceID, tenant: tenant, key: key)
    return sequences[digest].map { sequence < $0 } ?? false
  }
}
