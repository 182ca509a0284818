import SpanEngine
import SpanWire

/// What the engine itself costs: it scans, makes directories, checksums, frames and indexes, all on one
/// thread, and its disk is memory that takes no time.
struct EngineLimits {
  /// Requests that gather for one frame.
  private static let gatheredCount = 8
  /// Larger requests are gathered one by one.
  private static let gatheredByteCountMax = 4 << 20

  let corpus: LoadCorpus
  let duration: Duration

  func rows() throws -> [LimitRow] {
    let store = try SteppedStore(StoreOptions(directory: "memory"), platform: MemoryPlatform())
    var nanoseconds = 0.0
    var spanCount = 0
    let clock = ContinuousClock()
    let end = clock.now + duration
    repeat {
      // Making requests new and copying them is the sender's and the door's part: the clock stands still.
      let buffers = gather()
      let start = clock.now
      spanCount += try append(buffers, to: store)
      nanoseconds += (clock.now - start) / .nanoseconds(1)
    } while clock.now < end
    try store.close()
    let perSpan = nanoseconds / Double(max(1, spanCount))
    return [
      LimitRow(
        name: "append_memory_rate", title: "in-process append into memory", value: 1e9 / perSpan,
        unit: "spans/s"),
      LimitRow(name: "append_memory", title: "the same", value: perSpan, unit: "ns per span"),
    ]
  }

  private func gather() -> [RequestBuffer] {
    var buffers: [RequestBuffer] = []
    var byteCount = 0
    repeat {
      let lent = corpus.take()
      let buffer = RequestBuffer(byteCount: lent.request.byteCount)
      lent.request.withBody { buffer.append($0) }
      byteCount += buffer.byteCount
      corpus.giveBack(lent)
      buffers.append(buffer)
    } while buffers.count < Self.gatheredCount && byteCount < Self.gatheredByteCountMax
    return buffers
  }

  /// - Returns: spans stored.
  private func append(_ buffers: [RequestBuffer], to store: SteppedStore) throws -> Int {
    var appends: [PreparedAppend] = []
    for buffer in buffers { appends.append(try store.prepare(buffer)) }
    var rest = appends[...]
    while !rest.isEmpty { rest = rest.dropFirst(try store.commit(rest)) }
    return appends.reduce(0) { $0 + $1.acceptedSpanCount }
  }
}
