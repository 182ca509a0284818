internal import Glibc

/// A mutex and a condition.
///
/// The system's own, not `Synchronization.Mutex`: on Linux that one hands the lock over in turn and parks
/// every contender, which under contention costs a switch of threads for each lock.
package final class Lock: @unchecked Sendable {
  // SAFETY: both are used through their addresses only, by calls that are made for several threads.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    var result = pthread_mutex_init(mutex, nil)
    precondition(result == 0, "no mutex: \(result)")
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    result = pthread_cond_init(condition, &attributes)
    precondition(result == 0, "no condition: \(result)")
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  package func withLock<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Waits until `signal`; may wake without one. Only inside `withLock`.
  package func wait() { pthread_cond_wait(condition, mutex) }

  /// Waits until `signal`, but no longer than `duration`. Only inside `withLock`.
  ///
  /// - Returns: `false` when the time was over.
  @discardableResult
  package func wait(atMost duration: Duration) -> Bool {
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    let (seconds, attoseconds) = duration.components
    let nanoseconds = Int(end.tv_nsec) + Int(attoseconds / 1_000_000_000)
    end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    return pthread_cond_timedwait(condition, mutex, &end) != ETIMEDOUT
  }

  package func signal() { pthread_cond_broadcast(condition) }
}
