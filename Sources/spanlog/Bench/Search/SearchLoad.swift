import SpanEngine
import SpanQuery
import SpanWire

/// Fills a store with spans, most of them sealed, and searches it over and over on this thread.
struct SearchLoad {
  struct Probe {
    var first = SearchResult()
    var firstNanoseconds: UInt64 = 0
    var latencies = LatencyHistogram()
  }

  struct Result {
    var sealedSpanCount: UInt64 = 0
    var sealedSegmentCount: UInt64 = 0
    var unsealedSpanCount: UInt64 = 0
    var summarySeconds = 0.0
    /// What some spans fulfil, and what none does.
    var present = Probe()
    var absent = Probe()
  }

  let corpus: LoadCorpus
  let sealedSpanCount: UInt64
  let unsealedSpanCount: UInt64
  let present: SpanSearch
  let absent: SpanSearch
  let probeCount: Int

  func run(in options: StoreOptions) throws -> Result {
    let stepped = try SteppedStore(options)
    try fill(stepped)
    let store = stepped.store
    var result = Result()
    let statistics = store.statistics()
    result.sealedSpanCount = statistics.sealedSpanCount
    result.sealedSegmentCount = statistics.sealedSegmentCount
    result.unsealedSpanCount = statistics.storedSpanCount - statistics.sealedSpanCount
    // Whoever searches first reads all that is not sealed.
    let clock = ContinuousClock()
    let begin = clock.now
    _ = try SpanSearcher(store, absent).run()
    result.summarySeconds = (clock.now - begin) / .seconds(1)
    result.present = try probe(store, present)
    result.absent = try probe(store, absent)
    try stepped.close()
    return result
  }

  private func probe(_ store: Store, _ search: SpanSearch) throws -> Probe {
    var probe = Probe()
    let clock = ContinuousClock()
    for number in 0...probeCount {
      let begin = clock.now
      let found = try SpanSearcher(store, search).run()
      let nanoseconds = UInt64((clock.now - begin) / .nanoseconds(1))
      if let damage = found.damage { throw damage }
      if number == 0 {
        probe.first = found
        probe.firstNanoseconds = nanoseconds
      } else {
        probe.latencies.add(nanoseconds: nanoseconds)
      }
    }
    return probe
  }

  /// Appends what the store lacks: what it has from an earlier run counts.
  private func fill(_ store: SteppedStore) throws {
    while store.store.statistics().sealedSpanCount < sealedSpanCount {
      try append(to: store)
      if store.store.statistics().fullSegmentCount > 0 { while try store.sealNext() {} }
    }
    while true {
      let statistics = store.store.statistics()
      guard statistics.storedSpanCount - statistics.sealedSpanCount < unsealedSpanCount else { return }
      try append(to: store)
    }
  }

  private func append(to store: SteppedStore) throws {
    let lent = corpus.take()
    let buffer = RequestBuffer(byteCount: lent.request.byteCount)
    lent.request.withBody { buffer.append($0) }
    corpus.giveBack(lent)
    let append = try store.prepare(buffer)
    guard append.acceptedSpanCount > 0 else { return }
    _ = try store.commit([append])
  }
}
