import Glibc
import SpanClient
import SpanEngine
import SpanNet

/// What a benchmark of appending is asked to do.
struct IngestLoad: Sendable {
  /// What was measured.
  struct Measurement {
    var result: IngestResult
    /// Up to the last ack.
    let elapsed: Duration
    let loadCPUSeconds: Double
    /// Of the store, when it is in this process.
    let storeCPUSeconds: Double?
  }

  let connections: Int
  /// Of each connection.
  let inFlight: Int
  let duration: Duration
  /// Spans per second, all told; `nil` is as fast as acks come.
  let rate: Double?
  let sampleCountMax: Int
  let corpus: LoadCorpus

  /// Appends over the TCP RPC.
  func run(to address: ListenAddress) async throws -> Measurement {
    // Finds out with a message of use that there is no server, or something else.
    try await SpanlogClient.connect(to: address, as: "spanlog bench").close()
    // One thread for every two cores: the server wants the others.
    let threadCount = min(connections, max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)) / 2))
    let before = ProcessUsage.current()
    let (result, elapsed) = try measure(threadCount: threadCount) { number, schedule, end in
      let share = connections / threadCount + (number < connections % threadCount ? 1 : 0)
      var load = try ServerLoad(
        to: address, connectionCount: share, inFlight: inFlight, corpus: corpus, schedule: schedule,
        until: end, result: empty(number))
      return try load.run()
    }
    return Measurement(
      result: result, elapsed: elapsed,
      loadCPUSeconds: ProcessUsage.current().cpuSeconds - before.cpuSeconds, storeCPUSeconds: nil)
  }

  /// Appends to a directory that this process opens: what is left without the network and its door.
  func run(in options: StoreOptions) throws -> Measurement {
    let store = try Store.open(options)
    defer { store.close() }
    let before = ProcessUsage.current()
    let (result, elapsed) = try measure(threadCount: connections) { number, schedule, end in
      try StoreLoad(
        store: store, inFlight: inFlight, corpus: corpus, schedule: schedule, until: end,
        result: empty(number)
      ).run()
    }
    let seconds = ProcessUsage.current().cpuSeconds - before.cpuSeconds
    return Measurement(
      result: result, elapsed: elapsed, loadCPUSeconds: result.generatorSeconds,
      storeCPUSeconds: max(0, seconds - result.generatorSeconds))
  }

  private func measure(
    threadCount: Int,
    _ body: @escaping @Sendable (Int, LoadSchedule, ContinuousClock.Instant) throws -> IngestResult
  ) throws -> (IngestResult, Duration) {
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + duration
    let results = try LoadThreads.run(threadCount) { number in
      let schedule = LoadSchedule(
        from: start, until: end, rate: rate, spansPerRequest: corpus.spansPerRequest, senderNumber: number,
        senderCount: threadCount)
      return try body(number, schedule, end)
    }
    return (results.dropFirst().reduce(into: results[0]) { $0.add($1) }, clock.now - start)
  }

  private func empty(_ number: Int) -> IngestResult {
    IngestResult(sampleCountMax: sampleCountMax, seed: corpus.seed &+ UInt64(number))
  }
}
