import Dispatch
import Glibc
import NIOConcurrencyHelpers

/// Keeps a file of how far a replay is, written anew every second and in the end.
///
/// Written beside it and renamed, so that a crash leaves one or the other; on a queue of its own, because the
/// disk is waited for.
final class ResumeFile: @unchecked Sendable {
  // SAFETY: constants, one of them a timer, which any thread may use, and a state with a lock.

  private static let interval = DispatchTimeInterval.seconds(1)

  private struct State {
    var written: ResumePoint
    var failure: String?
  }

  private let path: String
  private let point: @Sendable () -> ResumePoint
  private let queue = DispatchQueue(label: "resume")
  private let timer: any DispatchSourceTimer
  private let state: NIOLockedValueBox<State>

  /// Reads what an earlier run left.
  ///
  /// - Returns: `nil` when there is no such file.
  static func read(_ path: String) throws -> ResumePoint? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno))) (errno \(errno))")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: ResumePoint.byteCountMax)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    guard count >= 0 else {
      throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno))) (errno \(errno))")
    }
    guard let point = ResumePoint(text: String(decoding: bytes.prefix(count), as: UTF8.self)) else {
      throw CommandFailure(
        "\(path) is no file of --resume; name another, or remove it to replay from the start")
    }
    return point
  }

  /// Writes it for the first time, and from then on whenever `point` has changed.
  init(_ path: String, point: @escaping @Sendable () -> ResumePoint) throws {
    self.path = path
    self.point = point
    let first = point()
    try OutputFile.replace(path, with: Array(first.text.utf8))
    state = NIOLockedValueBox(State(written: first))
    timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + Self.interval, repeating: Self.interval)
    timer.setEventHandler { [weak self] in self?.write() }
    timer.resume()
  }

  /// Writes it for the last time.
  ///
  /// - Returns: why it could not be written, if so.
  func finish() async -> String? {
    await withCheckedContinuation { continuation in
      queue.async { [self] in
        timer.cancel()
        write()
        continuation.resume(returning: state.withLockedValue { $0.failure })
      }
    }
  }

  /// On the queue.
  private func write() {
    let point = point()
    guard state.withLockedValue({ $0.written != point }) else { return }
    do {
      try OutputFile.replace(path, with: Array(point.text.utf8))
      state.withLockedValue { $0 = State(written: point) }
    } catch {
      state.withLockedValue { $0.failure = "\(error)" }
    }
  }
}
