internal import CLinux
internal import Glibc

/// A thread of its own for work that blocks, as syncs do: never the cooperative pool's.
package final class WorkerThread: @unchecked Sendable {
  private final class Body {
    let run: @Sendable () -> Void
    let isPatient: Bool
    init(isPatient: Bool, _ run: @escaping @Sendable () -> Void) {
      self.run = run
      self.isPatient = isPatient
    }
  }

  // SAFETY: written once here, read once by `join`, which the owner calls once.
  private var thread = pthread_t()

  /// - Parameters:
  ///   - name: shown by the system's tools, at most 15 bytes.
  ///   - isPatient: whether it runs when others leave it time.
  package init(name: String, isPatient: Bool = false, _ run: @escaping @Sendable () -> Void) {
    precondition(name.utf8.count <= 15, "the system keeps 15 bytes of a thread's name")
    let body = Unmanaged.passRetained(Body(isPatient: isPatient, run))
    let result = pthread_create(
      &thread, nil,
      { argument in
        // SAFETY: `argument` is the retained body handed over below.
        let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        if body.isPatient { spanlog_lower_thread_priority() }
        body.run()
        return nil
      }, body.toOpaque())
    precondition(result == 0, "no thread: \(result)")
    spanlog_name_thread(thread, name)
  }

  /// Waits until the body returned. Once only.
  package func join() { pthread_join(thread, nil) }
}
