import FoundationEssentials

/// What an ingest benchmark found out. Its members are the members of its JSON.
struct IngestReport: Encodable {
  var connections: Int
  var spansPerRequest: Int
  var bytesPerRequest: Int
  var seconds: Double
  var requests: Int
  var spans: Int
  var refused: Int
  var spansPerSecond: Double
  var megabytesPerSecond: Double
  var ackMillisecondsP50: Double
  var ackMillisecondsP99: Double
  var ackMillisecondsMax: Double
  var clientCPUSecondsPerMillionSpans: Double
  /// `nil` when the server's process was not named.
  var serverCPUSecondsPerMillionSpans: Double?
  var serverPeakMebibytes: Double?

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }

  var table: String {
    var rows = [
      ("connections", "\(connections)"), ("request", "\(spansPerRequest) spans, \(bytesPerRequest) bytes"),
      ("time", "\(Self.text(seconds)) s"), ("acked", "\(requests) requests, \(spans) spans"),
      ("refused", "\(refused) requests"), ("spans/s", "\(Int(spansPerSecond))"),
      ("MB/s", Self.text(megabytesPerSecond)), ("ack p50", "\(Self.text(ackMillisecondsP50)) ms"),
      ("ack p99", "\(Self.text(ackMillisecondsP99)) ms"), ("ack max", "\(Self.text(ackMillisecondsMax)) ms"),
      ("client CPU", "\(Self.text(clientCPUSecondsPerMillionSpans)) s per million spans"),
    ]
    if let serverCPUSecondsPerMillionSpans {
      rows.append(("server CPU", "\(Self.text(serverCPUSecondsPerMillionSpans)) s per million spans"))
    }
    if let serverPeakMebibytes { rows.append(("server peak", "\(Self.text(serverPeakMebibytes)) MiB")) }
    return rows.map { $0 + String(repeating: " ", count: 13 - $0.count) + $1 }.joined(separator: "\n")
  }

  /// Three decimals.
  private static func text(_ value: Double) -> String {
    let thousandths = "\(UInt64((max(value, 0) * 1000).rounded()))"
    let padded = String(repeating: "0", count: max(0, 4 - thousandths.count)) + thousandths
    return padded.dropLast(3) + "." + padded.suffix(3)
  }
}
