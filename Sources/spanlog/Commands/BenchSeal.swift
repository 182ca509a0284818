import ArgumentParser
import SpanEngine

/// `spanlog bench seal`: how fast are full segments sealed, and how small do they get?
struct BenchSeal: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seal",
    abstract: "Fill segments with spans, and rewrite them as sealed ones on one core.",
    discussion: """
      How fast are full segments sealed, and how small do they get? Only the sealing is timed. Without --corpus the \
      spans are made up: 435 bytes each. What is written stays in the directory: use one of its own.

      Example:
        spanlog bench seal --data scratch
        spanlog bench seal --data scratch --segments 8 --corpus sample.otlp.zst --json
      """)

  @Option(
    help: ArgumentHelp(
      "A data directory that no server has open; made when it is not there.", valueName: "dir"))
  var data: String

  @Option(help: ArgumentHelp("Full segments to seal.", valueName: "n"))
  var segments = 4

  @Option(
    help: ArgumentHelp("Size of a segment, as 128MiB. (default: 128MiB)", valueName: "size"),
    transform: ByteCountText.parse)
  var segmentBytes = 128 << 20

  @Option(
    help: ArgumentHelp(
      "Seal the requests of this file (as import takes it), over and over.", valueName: "file"))
  var corpus: String?

  @Option(help: ArgumentHelp("The same seed makes up the same spans.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  private static let spansPerRequest = 512
  private static let segmentCountMax = 10_000

  func validate() throws {
    try BenchOption.check(segments, "--segments", max: Self.segmentCountMax)
    try SegmentByteCount.check(segmentBytes)
  }

  @MainActor
  func run() async throws {
    let source = corpus.map(CorpusSource.file) ?? .synthetic(spansPerRequest: Self.spansPerRequest)
    let load = SealLoad(
      corpus: try LoadCorpus(source.requests(seed: seed), seed: seed, lentCountMax: 1), segmentCount: segments
    )
    var options = StoreOptions(directory: data)
    options.segmentByteCount = segmentBytes
    let report = SealReport(
      directory: data, corpus: corpus ?? "synthetic", seed: seed, segmentBytes: segmentBytes,
      try load.run(in: options))
    try report.write(asJSON: json)
  }
}
