import SpanEngine
import SpanWire

/// Fills a store with full segments, and has them sealed one after the other on this thread.
struct SealLoad {
  struct Result {
    var segmentCount = 0
    var spanCount: UInt64 = 0
    /// Of requests, as they came.
    var requestByteCount: UInt64 = 0
    var sealedByteCount: UInt64 = 0
    var seconds = 0.0
    var cpuSeconds = 0.0
  }

  let corpus: LoadCorpus
  let segmentCount: Int

  func run(in options: StoreOptions) throws -> Result {
    let store = try SteppedStore(options)
    var result = Result()
    while store.store.statistics().fullSegmentCount < segmentCount {
      result.requestByteCount += UInt64(try append(to: store))
    }
    let full = store.store.statistics()
    let cpuBefore = ProcessUsage.current().cpuSeconds
    let clock = ContinuousClock()
    let begin = clock.now
    while try store.sealNext() { result.segmentCount += 1 }
    result.seconds = (clock.now - begin) / .seconds(1)
    result.cpuSeconds = ProcessUsage.current().cpuSeconds - cpuBefore
    let sealed = store.store.statistics()
    result.spanCount = sealed.sealedSpanCount
    result.sealedByteCount = sealed.sealedByteCount
    // What is in the active file is not sealed.
    let sealedShare = Double(sealed.sealedSpanCount) / Double(max(1, full.storedSpanCount))
    result.requestByteCount = UInt64(Double(result.requestByteCount) * sealedShare)
    try store.close()
    return result
  }

  /// - Returns: bytes of the request.
  private func append(to store: SteppedStore) throws -> Int {
    let lent = corpus.take()
    let buffer = RequestBuffer(byteCount: lent.request.byteCount)
    lent.request.withBody { buffer.append($0) }
    corpus.giveBack(lent)
    let byteCount = buffer.byteCount
    let append = try store.prepare(buffer)
    guard append.acceptedSpanCount > 0 else { return byteCount }
    _ = try store.commit([append])
    return byteCount
  }
}
