import SpanClient
import SpanNet

/// Has a server compact, verify or copy what it has open, and tells how far it is where somebody looks on.
struct ServerMaintenance {
  let address: ListenAddress
  /// For the server's log, and messages.
  let command: String

  func run<Summary>(
    _ ask: (SpanlogClient, (SpanClient.MaintenanceProgress) -> Void) async throws(ClientError) -> Summary
  ) async throws(ClientError) -> Summary {
    let client = try await SpanlogClient.connect(to: address, as: "spanlog \(command)")
    var line = ProgressLine()
    do throws(ClientError) {
      let summary = try await ask(client) { line.show($0) }
      line.clear()
      await client.close()
      return summary
    } catch {
      line.clear()
      await client.close()
      throw error
    }
  }
}

/// A line on a terminal that is written again and again.
private struct ProgressLine {
  private let isShown = StandardError.isTerminal
  private var isWritten = false

  mutating func show(_ progress: SpanClient.MaintenanceProgress) {
    guard isShown else { return }
    isWritten = true
    let done = "\(progress.doneByteCount >> 20)"
    let total = progress.totalByteCount > 0 ? " of \(progress.totalByteCount >> 20)" : ""
    StandardError.write("\r\u{1b}[K\(progress.phase): \(done)\(total) MiB")
  }

  func clear() {
    if isWritten { StandardError.write("\r\u{1b}[K") }
  }
}
