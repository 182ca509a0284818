/// What an ingest benchmark found out.
struct IngestReport: BenchReport {
  let question = "how many spans are acked per second, how soon, and at what cost?"
  var machine = Machine.current
  var release = Release.version
  /// `rpc`, or `inProcess`.
  var mode: String
  /// `synthetic`, or the name of a file.
  var corpus: String
  var seed: UInt64
  var connections: Int
  var inFlightPerConnection: Int
  var spansPerRequest: Double
  var bytesPerRequest: Int
  /// Spans per second asked for; `nil` when as fast as acks came.
  var rate: Double?
  var seconds: Double
  var requests: Int
  var spans: Int
  /// Times that there was no room for a request, which was sent again.
  var refused: Int
  /// Requests that were due and could not be sent before the end, or were refused to the end: latencies lack
  /// theirs.
  var unsent: Int
  var spansPerSecond: Double
  var requestsPerSecond: Double
  var megabytesPerSecond: Double
  var ackMillisecondsP50: Double
  var ackMillisecondsP99: Double
  var ackMillisecondsP999: Double
  var ackMillisecondsMax: Double
  var clientCPUSecondsPerMillionSpans: Double
  /// `nil` when the server's process was not named.
  var serverCPUSecondsPerMillionSpans: Double?
  var serverPeakMebibytes: Double?

  var rows: [(name: String, value: String)] {
    var rows = [
      ("question", question), ("machine", machine.text), ("release", release),
      ("load", "\(corpus), seed \(seed), \(mode == "rpc" ? "over the RPC" : "in process")"),
      ("connections", "\(connections), each with \(inFlightPerConnection) in flight"),
      ("request", "\(FigureText.short(spansPerRequest)) spans, \(bytesPerRequest) bytes"),
    ]
    if let rate {
      rows.append(("rate", "\(FigureText.short(rate)) spans/s asked for, \(unsent) requests unsent"))
    }
    rows += [
      ("time", "\(FigureText.thousandths(seconds)) s"), ("acked", "\(requests) requests, \(spans) spans"),
      ("refused", "\(refused) times" + (rate == nil && unsent > 0 ? ", \(unsent) requests to the end" : "")),
      ("spans/s", "\(Int(spansPerSecond))"),
      ("requests/s", "\(Int(requestsPerSecond))"), ("MB/s", FigureText.thousandths(megabytesPerSecond)),
      ("ack p50", "\(FigureText.thousandths(ackMillisecondsP50)) ms"),
      ("ack p99", "\(FigureText.thousandths(ackMillisecondsP99)) ms"),
      ("ack p99.9", "\(FigureText.thousandths(ackMillisecondsP999)) ms"),
      ("ack max", "\(FigureText.thousandths(ackMillisecondsMax)) ms"),
      ("client CPU", "\(FigureText.thousandths(clientCPUSecondsPerMillionSpans)) s per million spans"),
    ]
    if let serverCPUSecondsPerMillionSpans {
      let text = FigureText.thousandths(serverCPUSecondsPerMillionSpans)
      rows.append(("server CPU", "\(text) s per million spans"))
    }
    if let serverPeakMebibytes {
      rows.append(("server peak", "\(FigureText.short(serverPeakMebibytes)) MiB"))
    }
    return rows
  }
}
