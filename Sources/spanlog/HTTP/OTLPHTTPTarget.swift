import NIOCore
import NIOHTTP1
import SpanModel
import SpanNet

/// Exports over OTLP/HTTP with protobuf bodies.
///
/// Format: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.
final class OTLPHTTPTarget: AppendTarget {
  let name: String
  private let head: HTTPRequestHead
  private let pool: HTTPPool
  private let now: @Sendable () -> Timestamp

  /// Connects.
  ///
  /// - Parameters:
  ///   - answerTimeout: how long an answer may take.
  ///   - now: what the date in a `Retry-After` is held against.
  /// - Throws: when nothing listens there.
  init(
    _ address: ListenAddress, path: String, answerTimeout: TimeAmount = .seconds(60),
    now: @escaping @Sendable () -> Timestamp
  ) async throws {
    name = "\(address)"
    self.now = now
    head = HTTPRequestHead(
      version: .http1_1, method: .POST, uri: path,
      headers: [
        "Host": "\(address)", "Content-Type": OTLPHTTPAnswer.protobufType,
        "Accept": OTLPHTTPAnswer.protobufType,
        "User-Agent": "spanlog/\(Release.version)",
      ])
    pool = HTTPPool(address, answerTimeout: answerTimeout)
    do throws(HTTPFailure) { try await pool.open() } catch {
      throw CommandFailure("\(name): \(error)")
    }
  }

  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async {
    var head = head
    head.headers.add(name: "Content-Length", value: "\(request.count)")
    await pool.send(head, body: request) { [name, now] result in
      switch result {
      case .success(let answer): answered(OTLPHTTPAnswer(answer, from: name).reply(now: now()))
      case .failure(let failure): answered(.lost(reason: "\(failure)"))
      }
    }
  }

  func close() async { await pool.close() }
}
