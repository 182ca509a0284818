/// One figure of a machine.
struct LimitRow: Encodable {
  /// What it is called, for programs: stays what it is.
  let name: String
  /// What it is, for people.
  let title: String
  /// `nil` where it cannot be measured.
  let value: Double?
  let unit: String
  /// Of one step, where steps are long enough to be looked at one by one.
  var microsecondsP50: Double?
  var microsecondsP99: Double?
  var resultHash: String?

  enum CodingKeys: String, CodingKey {
    case name, value, unit, microsecondsP50, microsecondsP99, resultHash
  }
}

extension LimitRow {
  /// A rate of bytes, by the median step.
  static func bytesPerSecond(_ name: String, _ title: String, byteCount: Int, _ loop: TimedLoop) -> LimitRow {
    LimitRow(name: name, title: title, value: Double(byteCount) / loop.median, unit: "GB/s")
  }

  var text: String {
    guard let value else { return "not to be had here" }
    var text = "\(FigureText.short(value)) \(unit)"
    if let microsecondsP50, let microsecondsP99 {
      text += ", p50 \(FigureText.short(microsecondsP50)), p99 \(FigureText.short(microsecondsP99)) µs"
    }
    if let resultHash { text += ", result \(resultHash)" }
    return text
  }
}

/// What a machine can do with the bytes that a store is about.
struct LimitsReport: BenchReport {
  let question = "what can this machine do with the same bytes?"
  var machine = Machine.current
  var release = Release.version
  var directory: String
  var seconds: Double
  var fileBytes: Int
  var corpus: String
  var seed: UInt64
  var limits: [LimitRow]

  var rows: [(name: String, value: String)] {
    [
      ("question", question), ("machine", machine.text), ("release", release), ("directory", directory),
      ("corpus", "\(corpus), seed \(seed)"), ("time", "\(FigureText.thousandths(seconds)) s for each figure"),
    ] + limits.map { ($0.title, $0.text) }
  }
}
