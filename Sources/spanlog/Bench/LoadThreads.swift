import NIOConcurrencyHelpers
import SpanEngine

/// Threads that load something at the same time.
enum LoadThreads {
  /// Runs `body` on so many threads and waits for all of them: it blocks.
  ///
  /// - Parameter body: is given the number of its thread.
  /// - Returns: what they returned, in order.
  static func run<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Value) throws
    -> [Value]
  {
    let results = NIOLockedValueBox([Result<Value, any Error>?](repeating: nil, count: count))
    let threads = (0..<count).map { number in
      WorkerThread(name: "load-\(number)") {
        let result = Result { try body(number) }
        results.withLockedValue { $0[number] = result }
      }
    }
    for thread in threads { thread.join() }
    return try results.withLockedValue { try $0.compactMap { try $0?.get() } }
  }
}
