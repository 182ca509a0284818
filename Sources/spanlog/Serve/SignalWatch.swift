import Dispatch
import Glibc
import Synchronization

/// Tells of the first SIGTERM or SIGINT; the second ends the process where it stands.
///
/// That is safe at any moment: what was acked is durable.
final class SignalWatch {
  private let sources: [any DispatchSourceSignal]

  /// - Parameter onFirst: called on a thread of its own.
  init(onFirst: @escaping @Sendable (CInt) -> Void) {
    let queue = DispatchQueue(label: "signals")
    let count = SignalCount()
    sources = [SIGTERM, SIGINT].map { number in
      // Else the default action would end the process before the source hears of it.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if count.next() == 1 { onFirst(number) } else { _exit(128 + number) }
      }
      source.resume()
      return source
    }
  }
}

/// How many signals have come.
private final class SignalCount: Sendable {
  private let count = Atomic(0)

  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
