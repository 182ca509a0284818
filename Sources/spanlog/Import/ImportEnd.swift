import Glibc
import Synchronization

/// Brings an import to its end, once: when its files are, or at the first signal.
///
/// A signal may come while the main thread waits for a slow pipe, so that its end comes from another task.
final class ImportEnd: Sendable {
  /// How long a signal waits for answers to what is in flight.
  private static let answerTimeout = Duration.seconds(10)

  private let target: any AppendTarget
  private let tally: ImportTally
  private let window: FlightWindow
  private let progress: Task<Void, Never>?
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private let isTaken = Atomic(false)

  init(of importer: Importer, to target: any AppendTarget, progress: Task<Void, Never>?) {
    self.target = target
    self.progress = progress
    (tally, window, begin) = (importer.tally, importer.window, clock.now)
  }

  /// Waits for what is in flight, closes the target and tells what came of it.
  ///
  /// - Parameter problem: what ended the reading of the files.
  /// - Throws: what went wrong; the summary is written in any case.
  func run(_ problem: (any Error)?) async throws {
    guard take() else { return await waitForExit() }
    let counts = await finish()
    if let failure = counts.failure { throw CommandFailure("\(failure); \(acked(counts))") }
    if let signal = counts.signal {
      StandardError.line(interruption(signal, counts))
      throw Interruption(signal: signal)
    }
    if let problem { throw problem }
  }

  /// Ends the import and the process.
  func run(signal: Int32) async {
    tally.interrupted(by: signal)
    Task {
      try? await Task.sleep(for: Self.answerTimeout)  // Nobody cancels it.
      exit(signal, tally.counts)
    }
    // Else it is ending already, and nothing is sent again any more.
    guard take() else { return }
    exit(signal, await finish())
  }

  private func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }

  private func finish() async -> ImportCounts {
    await window.drain()
    progress?.cancel()
    await progress?.value
    await target.close()
    let counts = tally.counts
    StandardError.line(ImportSummary(counts: counts, elapsed: clock.now - begin).description)
    return counts
  }

  /// For a main thread that has nothing to do any more, while the task of a signal ends the process.
  private func waitForExit() async {
    while true { try? await Task.sleep(for: .seconds(3600)) }
  }

  private func exit(_ signal: Int32, _ counts: ImportCounts) -> Never {
    StandardError.line(interruption(signal, counts))
    _exit(128 + signal)
  }

  private func interruption(_ signal: Int32, _ counts: ImportCounts) -> String {
    "Error: interrupted by \(signal == SIGINT ? "SIGINT" : "SIGTERM"); \(acked(counts))"
  }

  private func acked(_ counts: ImportCounts) -> String {
    "\(counts.requestCount) requests were acked by \(target.name) before. "
      + "Running the import again is safe: equal spans are returned once."
  }
}

/// A signal ended the command; everything was said.
struct Interruption: Error {
  let signal: Int32
}
