internal import Synchronization

/// How many connections a door has, and how many it may have.
package final class ConnectionCount: Sendable {
  package let countMax: Int
  private let open = Atomic<Int>(0)
  private let accepted = Atomic<Int>(0)
  private let refused = Atomic<Int>(0)

  package init(countMax: Int) { self.countMax = countMax }

  package var openCount: Int { open.load(ordering: .relaxed) }
  package var acceptedCount: Int { accepted.load(ordering: .relaxed) }
  package var refusedCount: Int { refused.load(ordering: .relaxed) }

  /// Counts one more connection.
  ///
  /// - Returns: `false` when there are as many as there may be; nothing is to be taken back then.
  package func take() -> Bool {
    let (_, now) = open.add(1, ordering: .relaxed)
    guard now <= countMax else {
      open.subtract(1, ordering: .relaxed)
      refused.add(1, ordering: .relaxed)
      return false
    }
    accepted.add(1, ordering: .relaxed)
    return true
  }

  /// A connection that was taken has ended.
  package func giveBack() {
    let (_, now) = open.subtract(1, ordering: .relaxed)
    assert(now >= 0, "more connections ended than begun")
  }
}
