import Foundation

/// How much of a proof is run: all of it, unless `SPANLOG_TEST_SHARE=N` asks for every N-th case, as suits a
/// build with sanitizers.
package enum Dose {
  package static let share: Int = {
    let text = ProcessInfo.processInfo.environment["SPANLOG_TEST_SHARE"] ?? "1"
    guard let share = Int(text), share > 0 else {
      preconditionFailure("SPANLOG_TEST_SHARE is \(text), a number from 1 on is required")
    }
    return share
  }()
}
