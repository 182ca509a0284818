/// What a sealing benchmark found out.
struct SealReport: BenchReport {
  let question = "how fast are full segments sealed, and how small do they get?"
  var machine = Machine.current
  var release = Release.version
  var directory: String
  var corpus: String
  var seed: UInt64
  var segmentBytes: Int
  var segments: Int
  var spans: UInt64
  var requestBytes: UInt64
  var sealedBytes: UInt64
  var bytesPerSpan: Double
  var seconds: Double
  /// Of requests as they came, for each second of processor time.
  var megabytesPerCPUSecond: Double
  var spansPerSecond: Double
  var cpuSecondsPerMillionSpans: Double
  var peakMebibytes: Double

  init(directory: String, corpus: String, seed: UInt64, segmentBytes: Int, _ result: SealLoad.Result) {
    self.directory = directory
    self.corpus = corpus
    self.seed = seed
    self.segmentBytes = segmentBytes
    segments = result.segmentCount
    spans = result.spanCount
    requestBytes = result.requestByteCount
    sealedBytes = result.sealedByteCount
    bytesPerSpan = Double(result.sealedByteCount) / Double(max(1, result.spanCount))
    seconds = result.seconds
    megabytesPerCPUSecond = Double(result.requestByteCount) / max(result.cpuSeconds, 1e-9) / 1e6
    spansPerSecond = Double(result.spanCount) / max(result.seconds, 1e-9)
    cpuSecondsPerMillionSpans = result.cpuSeconds / Double(max(1, result.spanCount)) * 1e6
    peakMebibytes = Double(ProcessUsage.current().peakByteCount) / 1_048_576
  }

  var rows: [(name: String, value: String)] {
    [
      ("question", question), ("machine", machine.text), ("release", release), ("directory", directory),
      ("corpus", corpus == "synthetic" ? "synthetic, seed \(seed)" : corpus),
      ("segments", "\(segments) of \(segmentBytes) bytes, \(spans) spans, \(requestBytes) bytes as sent"),
      ("sealed", "\(sealedBytes) bytes, \(FigureText.short(bytesPerSpan)) bytes per span"),
      ("time", "\(FigureText.thousandths(seconds)) s"),
      ("MB/s", "\(FigureText.short(megabytesPerCPUSecond)) of requests for each core"),
      ("spans/s", "\(Int(spansPerSecond))"),
      ("CPU", "\(FigureText.thousandths(cpuSecondsPerMillionSpans)) s per million spans"),
      ("peak", "\(FigureText.short(peakMebibytes)) MiB"),
    ]
  }
}
