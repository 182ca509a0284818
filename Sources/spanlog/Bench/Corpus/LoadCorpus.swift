import Glibc
import NIOConcurrencyHelpers
import SpanWire

/// The requests of a load, lent to whoever sends, over and over, with other ids and times each time.
final class LoadCorpus: Sendable {
  private struct Entry {
    let request: LoadRequest
    /// The round it goes out in next; copies of one request go out in different ones.
    var round: UInt64
  }

  /// A ring: entries leave at `head` and come back behind the last.
  private struct Ring {
    var entries: [Entry?]
    var head = 0
    var count: Int
  }

  let seed: UInt64
  /// Requests that differ in more than ids and times.
  let requestCount: Int
  let byteCount: Int
  let spanCount: Int
  /// Added to the round each time, so that no two copies of a request meet.
  private let copyCount: UInt64
  /// The latest end of a span in all requests as they were.
  private let newest: UInt64
  private let ring: NIOLockedValueBox<Ring>

  /// All that is lent is held in memory, on the machine whose memory is looked at.
  private static let byteCountMax = 4 << 30

  /// - Parameters:
  ///   - requests: at least one.
  ///   - lentCountMax: how many are lent at one time; where there are fewer requests there will be copies.
  init(_ requests: [[UInt8]], seed: UInt64, lentCountMax: Int) throws {
    precondition(!requests.isEmpty, "a load of nothing")
    let copyCount = (lentCountMax + requests.count - 1) / requests.count
    byteCount = requests.reduce(0) { $0 + $1.count }
    guard byteCount * copyCount <= Self.byteCountMax else {
      throw CommandFailure(
        "\(lentCountMax) requests in flight take \(byteCount * copyCount) bytes of memory, at most "
          + "\(Self.byteCountMax) are used; ask for fewer of them, or smaller ones")
    }
    var entries: [Entry?] = []
    for copy in 0..<max(1, copyCount) {
      for request in requests {
        entries.append(Entry(request: try LoadRequest(request), round: UInt64(copy + 1)))
      }
    }
    self.seed = seed
    self.copyCount = UInt64(max(1, copyCount))
    requestCount = requests.count
    spanCount = entries.prefix(requests.count).reduce(0) { $0 + ($1?.request.spanCount ?? 0) }
    newest = entries.reduce(0) { max($0, $1?.request.newest ?? 0) }
    ring = NIOLockedValueBox(Ring(entries: entries, count: entries.count))
  }

  var spansPerRequest: Double { Double(spanCount) / Double(requestCount) }

  /// The next request, with new ids and the times of spans that end now.
  ///
  /// - Precondition: fewer than `lentCountMax` are lent.
  func take() -> LentRequest {
    let entry = ring.withLockedValue { ring -> Entry in
      guard ring.count > 0, let entry = ring.entries[ring.head] else {
        preconditionFailure("more requests are lent than the corpus was made for")
      }
      ring.entries[ring.head] = nil
      ring.head = ring.head + 1 == ring.entries.count ? 0 : ring.head + 1
      ring.count -= 1
      return entry
    }
    entry.request.renew(RequestStamp(seed: seed, round: entry.round, time: Self.now &- newest))
    return LentRequest(request: entry.request, round: entry.round)
  }

  func giveBack(_ lent: LentRequest) {
    ring.withLockedValue { ring in
      let place = (ring.head + ring.count) % ring.entries.count
      ring.entries[place] = Entry(request: lent.request, round: lent.round + copyCount)
      ring.count += 1
    }
  }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// A request of a corpus in the hands of a sender.
struct LentRequest: Sendable {
  let request: LoadRequest
  fileprivate let round: UInt64
}
