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
    var requests = RequestReader(file, file: name, messageByteCountMax: Self.messageByteCountMax)
    var position: UInt64 = 0
    while let request = try requests.next() {
      tally.read(byteCount: requests.sourcePosition - position)
      position = requests.sourcePosition
      let spanCount = try spanCount(of: request, file: name)
      try await pace.wait(for: spanCount)
      guard await deliver(request.bytes, spanCount: spanCount) else { return }
    }
    if let ignored = requests.ignoredText { StandardError.notice("\(name): \(ignored)") }
    if position == 0, requests.sourcePosition == 0 { StandardError.notice("\(name) is empty") }
  }

  /// - Returns: `false` when nothing more is sent.
  private func deliver(_ request: [UInt8], spanCount: Int) async -> Bool {
    await window.enter()
    if tally.counts.hasEnded {
      window.leave()
      return false
    }
    await Delivery(
      target: target, notice: notice, request: request, hasEnded: { [tally] in tally.counts.hasEnded },
      ended: { [tally, window] end in
        tally.ended(end, spanCount: spanCount)
        window.leave()
      }
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
