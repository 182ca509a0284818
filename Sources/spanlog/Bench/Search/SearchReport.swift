import SpanQuery

/// What a search benchmark found out.
struct SearchReport: BenchReport {
  let question = "how long does it take to find the newest spans that a rule is true of?"
  var machine = Machine.current
  var release = Release.version
  var directory: String
  var corpus: String
  var seed: UInt64
  var filter: String
  var limit: Int
  var sealedSpans: UInt64
  var sealedSegments: UInt64
  var rowGroups: Int
  var unsealedSpans: UInt64
  /// The first search, which reads all that is not sealed.
  var summarySeconds: Double
  var present: SearchFigures
  /// Of a rule that is true of no span.
  var absent: SearchFigures
  var peakMebibytes: Double

  init(
    directory: String, corpus: String, seed: UInt64, filter: String, limit: Int, _ result: SearchLoad.Result
  ) {
    self.directory = directory
    self.corpus = corpus
    self.seed = seed
    self.filter = filter
    self.limit = limit
    sealedSpans = result.sealedSpanCount
    sealedSegments = result.sealedSegmentCount
    rowGroups = result.present.first.cost.rowGroupCount
    unsealedSpans = result.unsealedSpanCount
    summarySeconds = result.summarySeconds
    present = SearchFigures(result.present)
    absent = SearchFigures(result.absent)
    peakMebibytes = Double(ProcessUsage.current().peakByteCount) / 1_048_576
  }

  var rows: [(name: String, value: String)] {
    [
      ("question", question), ("machine", machine.text), ("release", release), ("directory", directory),
      ("corpus", corpus == "synthetic" ? "synthetic, seed \(seed)" : corpus),
      ("filter", "\(filter), the newest \(limit)"),
      (
        "stored",
        "\(sealedSpans) spans in \(sealedSegments) sealed segments of \(rowGroups) row groups, "
          + "and \(unsealedSpans) that are not sealed"
      ),
      ("first search", "\(FigureText.thousandths(summarySeconds)) s, which reads all that is not sealed"),
    ] + present.rows("present") + absent.rows("absent") + [
      ("peak", "\(FigureText.short(peakMebibytes)) MiB")
    ]
  }
}

/// Of one search.
struct SearchFigures: Encodable {
  var found: Int
  var millisecondsP50: Double
  var millisecondsP99: Double
  var decodedRowGroups: Int
  var decodedPercent: Double
  var runs: Int
  var readRuns: Int
  /// Spans that were put together or read.
  var spans: UInt64

  init(_ probe: SearchLoad.Probe) {
    let cost = probe.first.cost
    found = probe.first.spans.count
    millisecondsP50 = Double(probe.latencies.quantile(0.5)) / 1e6
    millisecondsP99 = Double(probe.latencies.quantile(0.99)) / 1e6
    decodedRowGroups = cost.decodedRowGroupCount
    decodedPercent = 100 * Double(cost.decodedRowGroupCount) / Double(max(1, cost.rowGroupCount))
    runs = cost.runCount
    readRuns = cost.readRunCount
    spans = cost.spanCount
  }

  func rows(_ name: String) -> [(name: String, value: String)] {
    [
      (
        name,
        "p50 \(FigureText.short(millisecondsP50)) ms, p99 \(FigureText.short(millisecondsP99)) ms, "
          + "\(found) spans found"
      ),
      (
        "",
        "row groups decoded \(decodedRowGroups) (\(FigureText.short(decodedPercent)) %), "
          + "runs of records read \(readRuns) of \(runs), spans looked at \(spans)"
      ),
    ]
  }
}
