import Glibc
import Synchronization

/// What a command that sends requests counts, and what it says of that in the end.
protocol SendingReport: Sendable {
  /// Why nothing more is sent.
  var failure: String? { get }
  /// What ended it.
  var signal: Int32? { get }
  func interrupted(by signal: Int32)
  /// Called once, when no more answers come.
  func finish() async
  /// The last lines when all went well.
  func summary(elapsed: Duration) -> String
  /// What is certain of what was sent before it ended early, and what to do.
  func afterword(target: String) -> String
}

extension SendingReport {
  func finish() async {}
}

/// Brings a command that sends requests to its end, once: when its source is, or at the first signal.
///
/// A signal may come while the main thread waits for a slow pipe, so that its end comes from another task.
final class SendingEnd: Sendable {
  /// How long a signal waits for answers to what is in flight.
  private static let answerTimeout = Duration.seconds(10)

  private let target: any AppendTarget
  private let report: any SendingReport
  private let window: FlightWindow
  private let progress: Task<Void, Never>?
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private let isTaken = Atomic(false)

  init(
    of report: any SendingReport, _ window: FlightWindow, to target: any AppendTarget,
    progress: Task<Void, Never>?
  ) {
    self.report = report
    self.window = window
    self.target = target
    self.progress = progress
    begin = clock.now
  }

  /// Waits for what is in flight, closes the target and tells what came of it.
  ///
  /// - Parameter problem: what ended the reading of the source.
  /// - Throws: what went wrong; the summary is written in any case.
  func run(_ problem: (any Error)?) async throws {
    guard take() else { return await waitForExit() }
    await finish()
    if let failure = report.failure {
      throw CommandFailure("\(failure); \(report.afterword(target: target.name))")
    }
    if let signal = report.signal {
      StandardError.line(interruption(signal))
      throw Interruption(signal: signal)
    }
    if let problem { throw problem }
  }

  /// Ends the command and the process.
  func run(signal: Int32) async {
    report.interrupted(by: signal)
    Task {
      try? await Task.sleep(for: Self.answerTimeout)  // Nobody cancels it.
      exit(signal)
    }
    // Else it is ending already, and nothing is sent again any more.
    guard take() else { return }
    await finish()
    exit(signal)
  }

  private func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }

  private func finish() async {
    await window.drain()
    progress?.cancel()
    await progress?.value
    await target.close()
    await report.finish()
    StandardError.line(report.summary(elapsed: clock.now - begin))
  }

  /// For a main thread that has nothing to do any more, while the task of a signal ends the process.
  private func waitForExit() async {
    while true { try? await Task.sleep(for: .seconds(3600)) }
  }

  private func exit(_ signal: Int32) -> Never {
    StandardError.line(interruption(signal))
    _exit(128 + signal)
  }

  private func interruption(_ signal: Int32) -> String {
    "Error: interrupted by \(signal == SIGINT ? "SIGINT" : "SIGTERM"); \(report.afterword(target: target.name))"
  }
}

/// A signal ended the command; everything was said.
struct Interruption: Error {
  let signal: Int32
}
