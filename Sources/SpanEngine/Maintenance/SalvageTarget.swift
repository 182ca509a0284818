internal import SpanModel
internal import SpanWire

/// The new store that salvaged requests go into, in order.
final class SalvageTarget: AppendSink, @unchecked Sendable {
  private static let waitingByteCountMax = 64 << 20

  private let store: Store
  private var scratch = AppendScratch()
  private let lock = Lock()
  // SAFETY: the three below are only touched under `lock`, what is above only by the thread that appends.
  private var waiting: [UInt64: Int] = [:]
  private var waitingByteCount = 0
  private var failure: StoreError?
  private(set) var requestCount: UInt64 = 0
  private(set) var spanCount: UInt64 = 0

  init(_ options: StoreOptions, platform: any Platform) throws(StoreError) {
    _ = try EmptyDirectory(options.directory, on: platform)
    store = try Store.open(options, platform: platform)
  }

  /// Appends a request as one that arrived then; waits while much is on its way.
  ///
  /// - Returns: `false` when the bytes are no request.
  func append(_ bytes: [UInt8], of owner: RecordOwner, arrival: Timestamp) throws(StoreError) -> Bool {
    let buffer = RequestBuffer(byteCount: bytes.count)
    bytes.withUnsafeBytes { buffer.append($0) }
    let append: PreparedAppend
    do throws(WireError) {
      append = try store.prepare(buffer, of: owner, arrival: arrival, scratch: &scratch)
    } catch {
      return false
    }
    guard append.acceptedSpanCount > 0 else { return true }
    requestCount += 1
    spanCount += UInt64(append.acceptedSpanCount)
    let token = requestCount
    try lock.withLock { () throws(StoreError) in
      while waitingByteCount > Self.waitingByteCountMax, failure == nil { lock.wait() }
      if let failure { throw failure }
      waiting[token] = bytes.count
      waitingByteCount += bytes.count
    }
    try submit(append, token)
    return true
  }

  private func submit(_ append: PreparedAppend, _ token: UInt64) throws(StoreError) {
    while true {
      do {
        return try store.submit(append, token: token, sink: self)
      } catch {
        guard case .busy(let delay) = error else { throw error }
        lock.withLock { _ = lock.wait(atMost: delay) }
      }
    }
  }

  func appendsFinished(_ outcomes: [AppendOutcome]) {
    lock.withLock {
      for outcome in outcomes {
        waitingByteCount -= waiting.removeValue(forKey: outcome.token) ?? 0
        failure = failure ?? outcome.error
      }
      lock.signal()
    }
  }

  /// Closes the store with what is in it.
  func abandon() { store.close() }

  /// Waits until all of it is durable, and closes the store.
  func close() throws(StoreError) {
    let failure = lock.withLock {
      while !waiting.isEmpty, self.failure == nil { lock.wait() }
      return self.failure
    }
    store.close()
    if let failure { throw failure }
  }
}
