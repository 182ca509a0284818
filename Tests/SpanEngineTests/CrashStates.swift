import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import Testing

/// All kinds of states a crash at one point may leave: none and all of what was not synced, each single one,
/// all but each single one, a torn sector in each page, and random subsets.
struct CrashStates {
  /// Random subsets at each point, and twice as many with torn sectors.
  static let randomCount = 80

  let point: CrashPoint
  /// What the store is opened with after the crash: one lane, however many there were.
  private let options = CrashWorkload.options
  private var random: SeededRandom

  init(_ point: CrashPoint, seed: UInt64) {
    self.point = point
    random = SeededRandom(seed: seed &* 1_000_003 &+ UInt64(point.call))
  }

  /// Checks every state, each once, however many choices lead to it.
  ///
  /// - Returns: how many there were.
  mutating func check() throws -> Int {
    var count = 0
    var seen: Set<[UInt8]> = []
    for (number, (name, kept)) in choices().enumerated() {
      // Of a share, another part at each point.
      guard (number + point.call) % Dose.share == 0, seen.insert(kept.masks).inserted else { continue }
      let disk = kept.apply(to: point.disk)
      let isOpened = try check(disk, "call \(point.call), kept \(name)", isFull: number % 8 == 0)
      count += isOpened ? 1 : 0
    }
    return count
  }

  private mutating func choices() -> [(name: String, kept: KeptChanges)] {
    let unsynced = point.disk.unsynced
    let none = KeptChanges(unsynced) { _ in 0 }
    let all = KeptChanges(unsynced) { _ in 255 }
    var choices = [("none", none), ("all", all)]
    for number in 0..<unsynced.count {
      choices.append(("only \(number)", none.replacing(number, with: 255)))
      choices.append(("all but \(number)", all.replacing(number, with: 0)))
    }
    for number in 0..<unsynced.pages.count {
      choices.append(("torn \(number)", all.replacing(number, with: .random(in: 1...254, using: &random))))
    }
    for _ in 0..<Self.randomCount where unsynced.count > 0 {
      choices.append(("random", KeptChanges(unsynced) { _ in Bool.random(using: &random) ? 255 : 0 }))
      for _ in 0..<2 {
        choices.append(("random torn", KeptChanges(unsynced) { _ in .random(in: 0...255, using: &random) }))
      }
    }
    return choices
  }

  /// - Returns: whether there was anything to open.
  private func check(_ disk: SimulatedDisk, _ state: String, isFull: Bool) throws -> Bool {
    guard disk.paths.contains(where: { $0.hasSuffix(FileName.identity) }) || isFull else {
      // Nothing was ever acked by a store that has no identity yet.
      #expect(point.acked.isEmpty, "\(state)")
      return false
    }
    let platform = SimulatedPlatform(disk, seed: 99)
    let stepped = try SteppedStore(options, platform: platform)
    let found = try check(stepped.store, state)
    guard isFull else { return true }
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
    return true
  }

  /// A span as a tenant finds it.
  private struct Found: Hashable {
    let span: GeneratedSpan
    let tenant: UInt32
  }

  private func found(_ span: GeneratedSpan, ofRequest number: Int) -> Found {
    Found(span: span, tenant: point.owners[number].tenant)
  }

  /// Those that were acked, and the one that was not, if it was carried out nevertheless: then it hides all.
  private func effectiveDeletions(_ present: [Found: Int]) -> [CrashPoint.Deletion] {
    point.deletions.filter { deletion in
      deletion.isAcked
        || !point.submitted.enumerated().contains { number, request in
          request.spans.contains { span in
            deletion.hides(span, ofRequest: number, point.owners)
              && present[found(span, ofRequest: number)] != nil
          }
        }
    }
  }

  /// Checks that exactly whole requests are there, all acked ones among them.
  ///
  /// - Returns: the numbers of those that are.
  private func check(_ store: Store, _ state: String) throws -> Set<Int> {
    #expect(store.damages == [], "a crash passes for corruption: \(state)")
    var present: [Found: Int] = [:]
    for tenant in point.owners.tenants {
      for traceID in try store.traceIDs(tenant: tenant) {
        for span in try store.spans(of: traceID, tenant: tenant) {
          present[Found(span: span, tenant: tenant), default: 0] += 1
        }
      }
    }
    let deletions = effectiveDeletions(present)
    var found: Set<Int> = []
    for (number, request) in point.submitted.enumerated() {
      let shown = request.spans.filter { span in
        !deletions.contains { $0.hides(span, ofRequest: number, point.owners) }
      }.map { self.found($0, ofRequest: number) }
      let count = shown.count { present[$0] != nil }
      #expect(count == 0 || count == shown.count, "request \(number) is there in part: \(state)")
      // One that is hidden altogether may be there.
      if count > 0 || shown.isEmpty { found.insert(number) }
      // What is hidden stays here, and is one that nobody should see.
      for span in shown { present[span] = nil }
    }
    #expect(present.isEmpty, "spans that nobody sent: \(state)")
    #expect(found.isSuperset(of: point.acked.subtracting(point.retired)), "acked requests are lost: \(state)")
    return found
  }
}
