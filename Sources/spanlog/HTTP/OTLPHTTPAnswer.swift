import NIOHTTP1
import SpanModel
import SpanWire

/// What an OTLP/HTTP receiver answers to an export.
struct OTLPHTTPAnswer {
  static let protobufType = "application/x-protobuf"

  /// When a server asks for patience and does not say how much.
  private static let delayDefault = Duration.seconds(1)
  private static let textCharacterCountMax = 200

  private let answer: HTTPAnswer
  /// For messages.
  private let server: String

  init(_ answer: HTTPAnswer, from server: String) {
    self.answer = answer
    self.server = server
  }

  func reply(now: Timestamp) -> AppendReply {
    switch answer.head.status.code {
    case 200..<300: stored
    case 429, 502, 503, 504: .busy(retryAfter: delay(now: now), reason: problem)
    default: .failed(reason: problem)
    }
  }

  private var stored: AppendReply {
    do throws(WireError) {
      let body = try AppendAnswerBody(decoding: answer.body)
      return .stored(rejectedSpanCount: Int(clamping: body.rejectedSpanCount), firstRejection: body.message)
    } catch {
      return .failed(
        reason: "\(server) answered \(status) with something else than an ExportTraceServiceResponse"
          + "\(text(of: answer.body)); is it an OTLP receiver?")
    }
  }

  private func delay(now: Timestamp) -> Duration {
    answer.head.headers.first(name: "Retry-After").flatMap { RetryAfter.delay($0, now: now) }
      ?? Self.delayDefault
  }

  private var status: String { "\(answer.head.status.code) \(answer.head.status.reasonPhrase)" }

  private var problem: String {
    "\(server) answered \(status)\(place)\(text(of: isProtobuf ? message : answer.body))"
  }

  /// Where it says that the receiver is.
  private var place: String {
    guard (300..<400).contains(answer.head.status.code),
      let location = answer.head.headers.first(name: "Location")
    else { return "" }
    return " (it names \(Self.printable(location.utf8)))"
  }

  private var isProtobuf: Bool {
    answer.head.headers.first(name: "Content-Type")?.hasPrefix(Self.protobufType) ?? false
  }

  /// Of the `google.rpc.Status` that the body should be.
  private var message: [UInt8] {
    guard let status = try? RPCStatus(decoding: answer.body) else { return [] }
    return Array(status.message.utf8)
  }

  private func text(of bytes: [UInt8]) -> String {
    let text = Self.printable(bytes)
    return text.isEmpty ? "" : ": \(text)"
  }

  /// One line, without what a terminal could take for a command.
  private static func printable(_ bytes: some Sequence<UInt8>) -> String {
    let scalars = String(decoding: Array(bytes), as: UTF8.self).unicodeScalars.map { scalar in
      scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) ? " " : Character(scalar)
    }
    let text = String(scalars).split(separator: " ").joined(separator: " ")
    return text.count <= textCharacterCountMax ? text : text.prefix(textCharacterCountMax) + "…"
  }
}
