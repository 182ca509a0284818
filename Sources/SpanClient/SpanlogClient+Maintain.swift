public import SpanModel
internal import SpanWire

/// A server does one of these at a time: another one is refused with `.resourceExhausted` and a delay. Each
/// ends when the task that waits for it is cancelled; what it did until then is done.
extension SpanlogClient {
  /// Has the server seal all it has, and merge it into as few files as there can be.
  ///
  /// - Parameter progress: told now and then, in order.
  public func compact(
    _ options: CompactionOptions = CompactionOptions(),
    progress: (MaintenanceProgress) -> Void = { _ in }
  ) async throws(ClientError) -> CompactionSummary {
    var compact = CompactRequest()
    compact.keep = options.keep
    compact.dropOlderThanMilliseconds = options.dropOlderThan.map { max(1, $0.milliseconds) } ?? 0
    compact.settleMilliseconds = options.settle?.milliseconds
    compact.isDryRun = options.isDryRun
    var request = MaintainRequest()
    request.compact = compact
    guard let report = try await maintain(request, progress).compact else { throw Self.noReport }
    return CompactionSummary(report)
  }

  /// Has the server read and check every byte it has.
  ///
  /// - Parameters:
  ///   - deleted: a trace; then it is told instead which files still hold it.
  ///   - progress: as with `compact`.
  public func verify(
    deleted: TraceID? = nil, progress: (MaintenanceProgress) -> Void = { _ in }
  ) async throws(ClientError) -> VerificationSummary {
    var request = MaintainRequest()
    request.verify = VerifyRequest(deleted: deleted)
    guard let report = try await maintain(request, progress).verify else { throw Self.noReport }
    return VerificationSummary(report)
  }

  /// Has the server make a copy that is a data directory itself.
  ///
  /// - Parameters:
  ///   - directory: on the server's machine, named from its root on; new, or empty.
  ///   - progress: as with `compact`.
  public func snapshot(
    into directory: String, progress: (MaintenanceProgress) -> Void = { _ in }
  ) async throws(ClientError) -> SnapshotSummary {
    var request = MaintainRequest()
    request.snapshot = SnapshotRequest(into: directory)
    guard let report = try await maintain(request, progress).snapshot else { throw Self.noReport }
    return SnapshotSummary(report)
  }

  private func maintain(
    _ request: MaintainRequest, _ progress: (MaintenanceProgress) -> Void
  ) async throws(ClientError) -> MaintainAnswer {
    let stream = TraceStreamReader(connection: connection, method: .maintain, request: request.encoded)
    while let chunk = try await stream.next() {
      let answer: MaintainAnswer
      do throws(WireError) { answer = try MaintainAnswer(decoding: chunk.bytes) } catch {
        throw ClientError(.protocolViolation, "the answer to Maintain could not be read: \(error)")
      }
      guard let body = answer.progress else { return answer }
      progress(MaintenanceProgress(body))
    }
    throw Self.noReport
  }

  private static let noReport = ClientError(
    .protocolViolation, "the answer to Maintain ended without the report that was asked for")
}

extension Duration {
  /// None when it is negative.
  fileprivate var milliseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(max(0, seconds)) * 1000 + UInt64(max(0, attoseconds / 1_000_000_000_000_000))
  }
}
