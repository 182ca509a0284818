import SpanAnswers
import SpanEngine
import SpanModel

/// What `stats` tells of a directory. Its members are the members of its JSON.
struct StoreStatsReport: BenchReport {
  struct Service: Encodable {
    /// Of the attribute `service.name`; empty where there is none.
    var name: String
    var spans: UInt64
    var bodyBytes: UInt64
    /// Of the bytes of all bodies and sealed spans.
    var share: Double
  }

  static let serviceCountMax = 20
  private static let nameColumnCountMax = 40

  var directory: String
  var release = Release.version
  var spans: UInt64
  var rejectedSpans: UInt64
  var requests: UInt64
  var traces: UInt64
  /// There are too many to count one by one.
  var tracesAreEstimated: Bool
  /// Of all log segments.
  var bytes: UInt64
  /// Of all files, unused space left out.
  var bytesPerSpan: Double?
  /// Marks of deleted traces, whose spans are counted above as long as they are in the files.
  var tombstones: UInt64
  var activeFiles: Int
  var fullFiles: Int
  /// Of log segments.
  var sections: ByteSections
  var sealed: SealedSurveys
  var sealedBytesPerSpan: Double?
  var indexFileBytes: UInt64
  /// Of the directory's other files.
  var otherFileBytes: UInt64
  /// Those with most bytes.
  var services: [Service]
  var otherServices: Int
  var otherServicesSpans: UInt64
  var otherServicesBodyBytes: UInt64
  var oldestArrivalNanoseconds: UInt64?
  var newestArrivalNanoseconds: UInt64?
  /// Over the time between the oldest and the newest arrival.
  var spansPerSecond: Double?
  var bytesPerSecond: Double?
  var bytesPerDay: Double?
  var freeBytes: UInt64?
  /// At that rate; `nil` when it cannot be told.
  var secondsToFullDisk: Double?
  var damages: Int

  init(of directory: String, _ survey: StoreSurvey) {
    self.directory = directory
    spans = survey.spanCount
    rejectedSpans = survey.rejectedSpanCount
    requests = survey.requestCount
    traces = survey.traces.count
    tracesAreEstimated = survey.traces.isEstimate
    bytes = survey.byteCount
    tombstones = survey.tombstoneCount
    activeFiles = survey.activeFileCount
    fullFiles = survey.fullFileCount
    sections = survey.sections
    sealed = survey.sealed
    sealedBytesPerSpan = survey.sealed.bytesPerSpan
    indexFileBytes = survey.indexFileByteCount
    otherFileBytes = survey.otherFileByteCount
    damages = survey.damages.count
    let used = Double(
      bytes - min(sections.unused, bytes) + sealed.bytes + indexFileBytes + otherFileBytes)
    bytesPerSpan = spans > 0 ? used / Double(spans) : nil
    let top = survey.services.top(Self.serviceCountMax)
    let bodies = Double(max(survey.sections.bodies + survey.sealed.rawBytes, 1))
    services = top.services.map { name, share in
      Service(
        name: name, spans: share.spanCount, bodyBytes: share.bodyByteCount,
        share: Double(share.bodyByteCount) / bodies)
    }
    otherServices = top.otherCount
    otherServicesSpans = top.others.spanCount
    otherServicesBodyBytes = top.others.bodyByteCount
    oldestArrivalNanoseconds = survey.oldest?.nanoseconds
    newestArrivalNanoseconds = survey.newest?.nanoseconds
    freeBytes = Self.freeByteCount(of: directory)
    forecast(used: used)
  }

  private mutating func forecast(used: Double) {
    guard let oldestArrivalNanoseconds, let newestArrivalNanoseconds,
      newestArrivalNanoseconds > oldestArrivalNanoseconds
    else { return }
    let seconds = Double(newestArrivalNanoseconds - oldestArrivalNanoseconds) / 1e9
    spansPerSecond = Double(spans) / seconds
    bytesPerSecond = used / seconds
    bytesPerDay = used / seconds * 86_400
    secondsToFullDisk = freeBytes.map { Double($0) * seconds / used }
  }

  private static func freeByteCount(of directory: String) -> UInt64? {
    do { return try LinuxPlatform().freeByteCount(in: directory) } catch { return nil }
  }
}

extension StoreStatsReport {
  var rows: [(name: String, value: String)] {
    [
      ("directory", directory), ("spans", "\(spans), and \(rejectedSpans) rejected"),
      ("requests", "\(requests)"), ("traces", "\(tracesAreEstimated ? "about " : "")\(traces)"),
      ("tombstones", tombstones == 0 ? "none" : "\(tombstones)"),
      ("files", "\(fullFiles) full, \(activeFiles) active, \(bytes) bytes"),
      ("bytes per span", bytesPerSpan.map(FigureText.short) ?? "none"),
    ] + sectionRows + sealed.rows + serviceRows + timeRows + [
      ("damages", damages == 0 ? "none" : "\(damages): run \"spanlog verify\"")
    ]
  }

  private var sectionRows: [(name: String, value: String)] {
    [
      ("bodies", sections.bodies), ("directories", sections.directories),
      ("record headers", sections.recordHeaders), ("other headers", sections.fileAndFrameHeaders),
      ("padding", sections.padding), ("unused", sections.unused), ("unread", sections.unread),
      ("indexes", indexFileBytes), ("other files", otherFileBytes),
    ].filter { $0.1 > 0 }.map {
      ($0.0, "\($0.1) bytes, \(percent($0.1, of: bytes + sealed.bytes + indexFileBytes + otherFileBytes))")
    }
  }

  private var serviceRows: [(name: String, value: String)] {
    var rows = services.map { service in
      (
        "service \(service.name.isEmpty ? "without name" : TerminalText(service.name.utf8, columnCountMax: Self.nameColumnCountMax).text)",
        text(service.spans, service.bodyBytes)
      )
    }
    if otherServices > 0 || otherServicesSpans > 0 {
      rows.append(("\(otherServices) others", text(otherServicesSpans, otherServicesBodyBytes)))
    }
    return rows
  }

  private func text(_ spans: UInt64, _ bytes: UInt64) -> String {
    "\(spans) spans, \(bytes) bytes, \(percent(bytes, of: sections.bodies + sealed.rawBytes))"
  }

  private func percent(_ part: UInt64, of whole: UInt64) -> String {
    let share = (Double(part) * 1000 / Double(max(whole, 1))).rounded() / 10
    return FigureText.thousandths(share).dropLast(2) + " %"
  }

  private var timeRows: [(name: String, value: String)] {
    guard let oldestArrivalNanoseconds, let newestArrivalNanoseconds else { return [] }
    var rows = [
      ("oldest arrival", TimeText.moment(nanoseconds: oldestArrivalNanoseconds)),
      ("newest arrival", TimeText.moment(nanoseconds: newestArrivalNanoseconds)),
    ]
    if let spansPerSecond, let bytesPerSecond, let bytesPerDay {
      rows.append(
        (
          "rate",
          "\(FigureText.short(spansPerSecond)) spans/s, \(FigureText.short(bytesPerSecond)) bytes/s, "
            + "\(FigureText.short(bytesPerDay)) bytes a day"
        ))
    }
    rows.append(("free", freeBytes.map { "\($0) bytes" } ?? "cannot be told"))
    rows.append(
      ("disk full", secondsToFullDisk.map { "in \(Self.text(seconds: $0)) at that rate" } ?? unknown))
    return rows
  }

  private var unknown: String {
    freeBytes == nil
      ? "cannot be told: the file system does not say what is free"
      : "cannot be told: all that is stored arrived in one moment"
  }

  /// A century is as good as for ever.
  private static func text(seconds: Double) -> String {
    let secondsMax = 100.0 * 365 * 86_400
    if seconds > secondsMax { return "more than a century" }
    return TimeText.duration(nanoseconds: UInt64(seconds * 1e9))
  }
}
