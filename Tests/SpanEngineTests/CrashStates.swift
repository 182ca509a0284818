import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Testing

/// All kinds of states a crash at one point may leave: none and all of what was not synced, each single one,
/// all but each single one, a torn sector in each page, and random subsets.
struct CrashStates {
  /// Random subsets at each point, as many again with torn sectors.
  static let randomCount = 264

  let point: CrashPoint
  /// What the store is opened with after the crash: one lane, however many there were.
  private let options = CrashWorkload.options
  private var random: SeededRandom

  init(_ point: CrashPoint, seed: UInt64) {
    self.point = point
    random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(point.call))
  }

  /// Checks every state.
  ///
  /// - Returns: how many there were.
  mutating func check() throws -> Int {
    var count = 0
    let unsynced = point.disk.unsynced
    var kept: [(name: String, keep: Keep)] = [("none", .init(all: false)), ("all", .init(all: true))]
    for number in 0..<unsynced.count {
      kept.append(("only \(number)", .init(all: false, except: number)))
      kept.append(("all but \(number)", .init(all: true, except: number)))
    }
    for number in 0..<unsynced.pages.count {
      kept.append(
        ("torn \(number)", .init(all: true, torn: number, sectors: Int.random(in: 1...7, using: &random))))
    }
    for _ in 0..<Self.randomCount where unsynced.count > 1 {
      kept.append(("random", .init(seed: random.next(), tears: false)))
      kept.append(("random torn", .init(seed: random.next(), tears: true)))
    }
    for (number, (name, keep)) in kept.enumerated() {
      // Of a share, another part at each point.
      guard (number + point.call) % Dose.share == 0 else { continue }
      try check(
        keep.apply(to: point.disk, unsynced), "call \(point.call), kept \(name)", isFull: count % 8 == 0)
      count += 1
    }
    return count
  }

  private func check(_ disk: SimulatedDisk, _ state: String, isFull: Bool) throws {
    guard disk.paths.contains(where: { $0.hasSuffix(FileName.identity) }) || isFull else {
      // Nothing was ever acked by a store that has no identity yet.
      #expect(point.acked.isEmpty, "\(state)")
      return
    }
    let platform = SimulatedPlatform(disk, seed: 99)
    let stepped = try SteppedStore(options, platform: platform)
    let found = try check(stepped.store, state)
    guard isFull else { return }
    // What a reader finds now, a loss of power right now does not take.
    let survivor = try SteppedStore(options, platform: SimulatedPlatform(platform.image.afterPowerLoss))
    #expect(try check(survivor.store, "\(state), power lost after recovery") == found, "\(state)")
    // A second recovery of the same files, and one after more requests, find the same.
    let before = platform.image
    let again = try SteppedStore(options, platform: platform)
    #expect(try check(again.store, "\(state), opened again") == found, "\(state)")
    for path in before.paths where path.hasSuffix(".active") {
      guard let after = platform.image.contents(of: path) else { continue }
      #expect(after == before.contents(of: path), "\(path) was changed by a second recovery: \(state)")
    }
    var generator = RequestGenerator(seed: 5)
    let append = try again.prepare(RequestBuffer(generator.request().bytes))
    #expect(try again.commit([append]) == 1)
  }

  /// Checks that exactly whole requests are there, all acked ones among them.
  ///
  /// - Returns: the numbers of those that are.
  private func check(_ store: Store, _ state: String) throws -> Set<Int> {
    #expect(store.damages == [], "a crash passes for corruption: \(state)")
    var present: [GeneratedSpan: Int] = [:]
    for traceID in try store.traceIDs() {
      for span in try store.spans(of: traceID) { present[span, default: 0] += 1 }
    }
    var found: Set<Int> = []
    for (number, request) in point.submitted.enumerated() {
      let count = request.spans.count { present[$0] != nil }
      #expect(count == 0 || count == request.spans.count, "request \(number) is there in part: \(state)")
      if count > 0 { found.insert(number) }
      for span in request.spans { present[span] = nil }
    }
    #expect(present.isEmpty, "spans that nobody sent: \(state)")
    #expect(found.isSuperset(of: point.acked.subtracting(point.retired)), "acked requests are lost: \(state)")
    return found
  }
}

/// Which unsynced changes a crash keeps.
private struct Keep {
  private enum Choice {
    case all(Bool, except: Int?)
    case torn(Int, sectors: Int)
    case random(seed: UInt64, tears: Bool)
  }

  private let choice: Choice

  init(all: Bool, except: Int? = nil) { choice = .all(all, except: except) }
  init(all: Bool, torn: Int, sectors: Int) { choice = .torn(torn, sectors: sectors) }
  init(seed: UInt64, tears: Bool) { choice = .random(seed: seed, tears: tears) }

  /// Numbers count the pages first, then the sizes, then the changes of names.
  func apply(to disk: SimulatedDisk, _ unsynced: SimulatedDisk.Unsynced) -> SimulatedDisk {
    let pageCount = unsynced.pages.count
    let sizeCount = unsynced.byteCounts.count
    return disk.afterCrash(
      sectorsKept: { file, page in
        let number = unsynced.pages.firstIndex { $0.file == file && $0.page == page }
        return number.map(sectors) ?? 0
      },
      keepsByteCount: { file in
        unsynced.byteCounts.firstIndex(of: file).map { sectors(pageCount + $0) > 0 } ?? true
      },
      keepsNameChange: { sectors(pageCount + sizeCount + $0) > 0 })
  }

  private func sectors(_ number: Int) -> Int {
    switch choice {
    case .all(let all, let except): return all != (number == except) ? 8 : 0
    case .torn(let torn, let sectors): return number == torn ? sectors : 8
    case .random(let seed, let tears):
      var random = SeededRandom(seed: seed &+ UInt64(number) &* 7919)
      return tears ? Int(random.next() % 9) : random.next() % 2 == 0 ? 0 : 8
    }
  }
}
