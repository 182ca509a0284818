import SpanWire

/// Sends the requests of files to a target, a window of them at a time, and again when there was no room.
///
/// Used from one task.
final class Importer {
  /// What servers take, as long as nobody configures them otherwise: 64 MiB with its frame.
  static let messageByteCountMax = 64 << 20 - 8

  let tally = ImportTally()
  private let target: any AppendTarget
  let window: FlightWindow
  private let notice: RefusalNotice
  private var pace: Pace
  private var batch = SpanBatch()

  init(target: any AppendTarget, requestCountMax: Int, rate: Double?, notice: RefusalNotice = RefusalNotice())
  {
    self.target = target
    self.notice = notice
    window = FlightWindow(countMax: requestCountMax)
    pace = Pace(rate: rate)
  }

  /// Sends everything that `file` holds. Not all of it is answered when this returns: see `finish`.
  ///
  /// - Throws: `InputFileError` when the file is bad, and `CancellationError`; stops quietly when the tally
  ///   has ended.
  func send(_ file: consuming InputFile) async throws {
    let name = file.name
    var messages = LengthDelimitedReader(file, file: name, messageByteCountMax: Self.messageByteCountMax)
    var position: UInt64 = 0
    do {
      while let message = try messages.next() {
        tally.read(byteCount: messages.sourcePosition - position)
        position = messages.sourcePosition
        let spanCount = try spanCount(of: message, file: name)
        try await pace.wait(for: spanCount)
        guard await deliver(message.bytes, spanCount: spanCount) else { return }
      }
    } catch is InputFileError where messages.looksLikeJSON {
      throw InputFileError(file: name, .json)
    }
    if position == 0, messages.sourcePosition == 0 { StandardError.notice("\(name) is empty") }
  }

  /// - Returns: `false` when nothing more is sent.
  private func deliver(_ request: [UInt8], spanCount: Int) async -> Bool {
    await window.enter()
    if tally.counts.hasEnded {
      window.leave()
      return false
    }
    await Delivery(
      target: target, window: window, tally: tally, notice: notice, request: request, spanCount: spanCount
    ).start()
    return true
  }

  /// Waits until everything sent was answered.
  func finish() async { await window.drain() }

  /// Finds out here, where the file and the place in it are known, what the target would refuse.
  private func spanCount(of message: LengthDelimitedReader<InputFile>.Message, file: String) throws -> Int {
    do {
      try message.bytes.withUnsafeBytes { try batch.scan($0) }
    } catch let error as WireError {
      throw InputFileError(file: file, .notProtobuf(position: message.position, error))
    }
    return batch.spans.count + batch.rejectedSpanCount
  }
}

/// One request on its way, until it is stored or given up.
private struct Delivery: Sendable {
  let target: any AppendTarget
  let window: FlightWindow
  let tally: ImportTally
  let notice: RefusalNotice
  let request: [UInt8]
  let spanCount: Int
  var retryCount = 0

  func start() async {
    await target.send(request) { [self] reply in
      switch reply {
      case .stored(let rejectedSpanCount, let firstRejection):
        tally.stored(
          spanCount: spanCount, rejectedSpanCount: rejectedSpanCount, firstRejection: firstRejection)
        end(isStored: true)
      case .busy(let delay, let reason):
        sendAgain(after: delay, reason)
      case .failed(let reason):
        tally.failed(reason)
        end(isStored: false)
      }
    }
  }

  private func end(isStored: Bool) {
    if retryCount > 0 { notice.ended(by: target.name, hasGoneThrough: isStored) }
    window.leave()
  }

  private func sendAgain(after delay: Duration, _ reason: String) {
    let counts = tally.counts
    guard retryCount < RefusalNotice.retryCountMax, !counts.hasEnded else {
      if !counts.hasEnded {
        tally.failed("\(target.name) had no room for a request \(retryCount + 1) times: \(reason)")
      }
      return end(isStored: false)
    }
    if retryCount == 0 { notice.refused(by: target.name, reason) }
    var next = self
    next.retryCount += 1
    Task { [next] in
      try? await Task.sleep(for: delay)  // Nobody cancels it.
      await next.start()
    }
  }
}
