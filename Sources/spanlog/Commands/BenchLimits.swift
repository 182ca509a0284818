import ArgumentParser

/// `spanlog bench limits`: what can this machine do with the same bytes, when nothing but one thing is done?
struct BenchLimits: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract:
      "Measure what bounds the store: the disk, memory, checksums, the scanner, the engine without a disk.",
    discussion: """
      What can this machine do with the same bytes, when nothing but one thing is done? Frames are written to a file \
      in the directory, each synced before the next; the file is removed at the end. Everything else happens in \
      memory, on one core.

      Example:
        spanlog bench limits --data scratch
        spanlog bench limits --data scratch --corpus sample.otlp.zst --json
      """)

  @Option(
    help: ArgumentHelp("A directory on the disk in question; made when it is not there.", valueName: "dir"))
  var data: String

  @Option(help: ArgumentHelp("How long to measure each figure.", valueName: "n"))
  var seconds = 1.0

  @Option(
    help: ArgumentHelp("Size of the file that frames are written to. (default: 256MiB)", valueName: "size"),
    transform: ByteCountText.parse)
  var fileBytes = 256 << 20

  @Option(
    help: ArgumentHelp("Scan and append the requests of this file (as import takes it).", valueName: "file"))
  var corpus: String?

  @Option(help: ArgumentHelp("The same seed makes up the same spans.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  private static let fileByteCountMin = 8 << 20
  private static let fileByteCountUnit = 4096
  private static let spansPerRequest = 512

  func validate() throws {
    try BenchOption.check(seconds: seconds)
    guard fileBytes >= Self.fileByteCountMin else {
      throw ValidationError(
        "--file-bytes: \(fileBytes) is too small, at least \(Self.fileByteCountMin) is required")
    }
    guard fileBytes % Self.fileByteCountUnit == 0 else {
      throw ValidationError("--file-bytes: \(fileBytes) is no multiple of \(Self.fileByteCountUnit)")
    }
  }

  @MainActor
  func run() async throws {
    let source = corpus.map(CorpusSource.file) ?? .synthetic(spansPerRequest: Self.spansPerRequest)
    let requests = try source.requests(seed: seed)
    let duration = Duration.seconds(seconds)
    let disk = try DiskLimits(directory: data, fileByteCount: fileBytes, duration: duration).rows()
    let memory = try MemoryLimits(requests: requests, duration: duration).rows()
    let engine = try EngineLimits(
      corpus: LoadCorpus(requests, seed: seed, lentCountMax: 1), duration: duration
    ).rows()
    let report = LimitsReport(
      directory: data, seconds: seconds, fileBytes: fileBytes, corpus: corpus ?? "synthetic", seed: seed,
      limits: disk + memory + engine)
    try report.write(asJSON: json)
  }
}
