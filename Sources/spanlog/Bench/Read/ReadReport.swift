/// What a read benchmark found out.
struct ReadReport: BenchReport {
  let question = "how long does it take to read a trace by its id, and how many are read per second?"
  var machine = Machine.current
  var release = Release.version
  /// `rpc`, or `inProcess`.
  var mode: String
  /// Whether the page cache was dropped and each trace read once.
  var cold: Bool
  var connections: Int
  /// Traces read in turn.
  var traces: Int
  var absentShare: Double
  var seed: UInt64
  var seconds: Double
  var reads: Int
  var readsPerSecond: Double
  var spans: Int
  var bytes: Int
  /// Traces that should have been there and were not.
  var missing: Int
  /// Of reads of traces that should be there.
  var readMicrosecondsP50: Double
  var readMicrosecondsP99: Double
  var readMicrosecondsP999: Double
  var readMicrosecondsMax: Double
  /// Of reads of ids that no store has; `nil` when there were none.
  var absentMicrosecondsP50: Double?
  var absentMicrosecondsP99: Double?
  var absentMicrosecondsP999: Double?
  var absentMicrosecondsMax: Double?
  /// In process, client and store are one.
  var clientCPUSecondsPerMillionSpans: Double
  var serverCPUSecondsPerMillionSpans: Double?
  var clientCPUMicrosecondsPerRead: Double
  var serverCPUMicrosecondsPerRead: Double?
  /// Of all spans of the first round; the same in each run.
  var resultHash: String
  var hashedSpans: Int

  var rows: [(name: String, value: String)] {
    var rows = [
      ("question", question), ("machine", machine.text), ("release", release),
      (
        "load",
        "\(traces) traces, \(cold ? "cold, each once" : "in turn"), \(mode == "rpc" ? "over the RPC" : "in process")"
      ),
      ("connections", "\(connections)"), ("time", "\(FigureText.thousandths(seconds)) s"),
      ("reads", "\(reads), \(missing) traces missing"), ("reads/s", "\(Int(readsPerSecond))"),
      ("returned", "\(spans) spans, \(bytes) bytes"),
      (
        "read", Self.text(readMicrosecondsP50, readMicrosecondsP99, readMicrosecondsP999, readMicrosecondsMax)
      ),
    ]
    if let absentMicrosecondsP50, let absentMicrosecondsP99, let absentMicrosecondsP999,
      let absentMicrosecondsMax
    {
      rows.append(
        (
          "absent",
          Self.text(
            absentMicrosecondsP50, absentMicrosecondsP99, absentMicrosecondsP999, absentMicrosecondsMax)
        ))
    }
    rows.append(("client CPU", "\(FigureText.short(clientCPUMicrosecondsPerRead)) µs a read"))
    if let serverCPUMicrosecondsPerRead {
      rows.append(("server CPU", "\(FigureText.short(serverCPUMicrosecondsPerRead)) µs a read"))
    }
    rows.append(("result", "\(resultHash) of \(hashedSpans) spans"))
    return rows
  }

  private static func text(_ p50: Double, _ p99: Double, _ p999: Double, _ max: Double) -> String {
    let numbers = [p50, p99, p999, max].map(FigureText.short)
    return "p50 \(numbers[0]), p99 \(numbers[1]), p99.9 \(numbers[2]), max \(numbers[3]) µs"
  }
}
