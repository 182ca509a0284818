import Dispatch
import Synchronization

/// A place on the way of a thread at which it waits while the gate is closed.
final class Gate: Sendable {
  private let isClosed = Atomic<Bool>(false)
  private let reached = DispatchSemaphore(value: 0)
  private let passed = DispatchSemaphore(value: 0)

  func close() { isClosed.store(true, ordering: .sequentiallyConsistent) }

  func pass() {
    guard isClosed.load(ordering: .sequentiallyConsistent) else { return }
    reached.signal()
    passed.wait()
  }

  /// Waits until the thread stands at the gate.
  func waitUntilReached() { reached.wait() }

  func letOnePass() { passed.signal() }

  /// Lets the thread that stands there pass, and all that come later.
  func open() {
    isClosed.store(false, ordering: .sequentiallyConsistent)
    passed.signal()
  }
}

/// Something that a test turns on and off while others look.
final class Switch: Sendable {
  private let state = Atomic<Bool>(true)
  var isOn: Bool { state.load(ordering: .sequentiallyConsistent) }
  func turn(on isOn: Bool) { state.store(isOn, ordering: .sequentiallyConsistent) }
}
