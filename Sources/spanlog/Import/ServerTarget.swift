import SpanClient
import SpanNet

/// Appends over the TCP RPC.
final class ServerTarget: AppendTarget {
  let name: String
  private let client: SpanlogClient

  init(_ address: ListenAddress, requestCountMax: Int) async throws {
    name = "\(address)"
    client = try await SpanlogClient.connect(
      to: address, as: "spanlog import", requestCountMax: requestCountMax)
  }

  func send(_ request: [UInt8], answered: @escaping @Sendable (AppendReply) -> Void) async {
    do {
      try await client.send(request) { answered(Self.reply($0)) }
    } catch {
      answered(Self.reply(.failure(error)))
    }
  }

  private static func reply(_ result: Result<AppendAnswer, ClientError>) -> AppendReply {
    switch result {
    case .success(let answer):
      .stored(rejectedSpanCount: answer.rejectedSpanCount, firstRejection: answer.message)
    case .failure(let error):
      if let delay = error.retryDelay {
        .busy(retryAfter: delay, reason: error.message)
      } else {
        .failed(reason: error.message)
      }
    }
  }

  func close() async { await client.close() }
}
