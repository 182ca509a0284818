import ArgumentParser
import SpanEngine
import SpanQuery
import SpanWire

/// `spanlog bench search`: how long does it take to find the newest spans that a rule is true of?
struct BenchSearch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Search a store for the newest spans that a rule is true of.",
    discussion: """
      How long does it take to find the newest spans that a rule is true of? The directory is filled until it has \
      as many spans as asked for; what it has from an earlier run counts. Without --corpus and --filter the spans are \
      made up, and the rule is true of 1 in 8192 of them. --filter takes a rule as compact --keep does. A rule that \
      is true of none is searched for, too.

      Example:
        spanlog bench search --data scratch
        spanlog bench search --data scratch --filter 'error and duration > 100ms' --limit 100 --json
      """)

  @Option(
    help: ArgumentHelp(
      "A data directory that no server has open; made when it is not there.", valueName: "dir"))
  var data: String

  @Option(help: ArgumentHelp("Sealed spans to search.", valueName: "n"))
  var sealedSpans: UInt64 = 10_000_000

  @Option(help: ArgumentHelp("Spans beside them that are not sealed yet.", valueName: "n"))
  var unsealedSpans: UInt64 = 1_000_000

  @Option(
    help: ArgumentHelp("Size of a segment, as 128MiB. (default: 128MiB)", valueName: "size"),
    transform: ByteCountText.parse)
  var segmentBytes = 128 << 20

  @Option(help: ArgumentHelp("What to look for.", valueName: "rule"))
  var filter: String?

  @Option(help: ArgumentHelp("Spans to find at the most.", valueName: "n"))
  var limit = 20

  @Option(help: ArgumentHelp("Searches of each kind.", valueName: "n"))
  var probes = 100

  @Option(
    help: ArgumentHelp(
      "Store the requests of this file (as import takes it), over and over.", valueName: "file"))
  var corpus: String?

  @Option(help: ArgumentHelp("The same seed makes up the same spans.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  private static let spansPerRequest = 512
  private static let probeCountMax = 1_000_000
  /// Each made-up span has a value of its own by this key.
  private static let key = "app.request.uid"

  func validate() throws {
    try BenchOption.check(limit, "--limit", max: SpanSearch.limitMax)
    try BenchOption.check(probes, "--probes", max: Self.probeCountMax)
    try SegmentByteCount.check(segmentBytes)
    if corpus != nil, filter == nil {
      throw ValidationError("--filter: a rule is required with --corpus, whose values are not known")
    }
  }

  @MainActor
  func run() async throws {
    let source = corpus.map(CorpusSource.file) ?? .synthetic(spansPerRequest: Self.spansPerRequest)
    let requests = try source.requests(seed: seed)
    let present = try predicate(requests)
    let absent = SpanPredicate.attribute(.span, key: Self.key, .equal, .string("nobody has this value"))
    let load = SearchLoad(
      corpus: try LoadCorpus(requests, seed: seed, lentCountMax: 1), sealedSpanCount: sealedSpans,
      unsealedSpanCount: unsealedSpans, present: SpanSearch(present, limit: limit),
      absent: SpanSearch(absent, limit: limit), probeCount: probes)
    var options = StoreOptions(directory: data)
    options.segmentByteCount = segmentBytes
    let report = SearchReport(
      directory: data, corpus: corpus ?? "synthetic", seed: seed, filter: present.description, limit: limit,
      try load.run(in: options))
    try report.write(asJSON: json)
  }

  private func predicate(_ requests: [[UInt8]]) throws -> SpanPredicate {
    if let filter { return try KeepRule(parsing: filter).predicate }
    guard let value = Self.value(in: requests[0]) else {
      throw CommandFailure("the corpus has no \(Self.key)")
    }
    return .attribute(.span, key: Self.key, .equal, .string(value))
  }

  /// Of the first span of a request.
  private static func value(in request: [UInt8]) -> String? {
    request.withUnsafeBytes { request in
      var batch = SpanBatch()
      do throws(WireError) { try batch.scan(request) } catch { return nil }
      guard let slice = batch.spans.first?.slice else { return nil }
      let start = Int(slice.position)
      let span = UnsafeRawBufferPointer(rebasing: request[start..<start + Int(slice.byteCount)])
      for attribute in ProtobufFields(span, OTLPTag.spanAttribute).map({ WireAttribute($0) })
      where attribute.hasKey(key) {
        if case .string(let text) = attribute.value { return String(decoding: text, as: UTF8.self) }
      }
      return nil
    }
  }
}
