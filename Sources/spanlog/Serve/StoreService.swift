import Dispatch
import ServiceLifecycle
import SpanEngine

/// Keeps the store open while the doors before it in the group serve, and closes it when they have ended.
struct StoreService: Service {
  let store: Store

  func run() async {
    // Cancellation is as good a reason to close as any.
    try? await gracefulShutdown()
    await withCheckedContinuation { continuation in
      // Closing waits for the disk, which the threads of tasks must not do.
      DispatchQueue.global().async {
        store.close()
        continuation.resume()
      }
    }
  }
}
