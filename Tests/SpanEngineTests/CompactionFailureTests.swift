import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

/// Makes the N-th call fail of a compaction over two generations, and of sealing what is of several owners,
/// for every N.
struct CompactionFailureTests {
  private static let kinds = [Errno.ioError, .noSpace, .interrupted].flatMap { [($0, false), ($0, true)] }

  enum Work: CaseIterable { case compacting, sealingForOwners }

  @Test(arguments: kinds, Work.allCases)
  func `after a failed call all spans are read, at once, after a restart and after loss of power`(
    _ kind: (errno: Errno, isSticky: Bool), work: Work
  ) throws {
    let (errno, isSticky) = kind
    let (disk, spans) = try Self.base(work)
    var failing = 1
    var failedCount = 0
    while true {
      let platform = SimulatedPlatform(disk, seed: 7)
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      let before = platform.callCount
      let counter = Counter()
      platform.observe { _, number, _ in
        guard isSticky ? number - before >= failing : number - before == failing else { return nil }
        counter.count += 1
        // A call that is interrupted for ever would be tried for ever.
        return errno == .interrupted && counter.count > 3 ? nil : errno
      }
      Self.run(work, stepped)
      platform.observe { _, _, _ in nil }
      if counter.count == 0 { break }
      failedCount += 1
      let isRead = try Self.allSpans(of: stepped.store) == spans
      #expect(isRead, "call \(failing)")
      // And once nothing fails any more, it is done.
      let images = [platform.image, platform.image.afterPowerLoss]
      if work == .sealingForOwners {
        while try stepped.sealNext() {}
        #expect(stepped.store.statistics().fullSegmentCount == 0, "call \(failing)")
        let isSealed = try Self.allSpans(of: stepped.store) == spans
        #expect(isSealed, "call \(failing)")
      }
      for image in images + [platform.image.afterPowerLoss] {
        let again = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(image))
        #expect(again.store.damages == [], "call \(failing)")
        let isThere = try Self.allSpans(of: again.store) == spans
        #expect(isThere, "call \(failing)")
        let count = spans.reduce(0) { $0 + $1.count }
        #expect(again.store.statistics().storedSpanCount == UInt64(count), "call \(failing)")
      }
      failing += max(1, Dose.share / 8)
    }
    print("failed calls: \(failedCount) of \(work) with errno \(errno.rawValue), sticky \(isSticky)")
    #expect(failedCount > 5)
  }

  /// Of each tenant.
  private static func allSpans(of store: Store) throws -> [Set<GeneratedSpan>] {
    try (0..<2).map { try store.allSpans(tenant: $0) }
  }

  /// - Returns: the disk, and the spans of each tenant.
  private static func base(_ work: Work) throws -> (SimulatedDisk, [Set<GeneratedSpan>]) {
    let platform = SimulatedPlatform(seed: 401)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 402)
    if work == .compacting {
      let requests = try stepped.roll(7, &generator)
      while try stepped.sealNext() {}
      return (platform.image, [Set(requests.flatMap(\.spans)), []])
    }
    let owners = OwnersByTurns(count: 3)
    let requests = (0..<7).map { _ in generator.request() }
    for (number, request) in requests.enumerated() { try stepped.append(request, of: owners[number]) }
    try stepped.close()
    return (
      platform.image,
      owners.tenants.map { tenant in
        Set(requests.indices.filter { owners[$0].tenant == tenant }.flatMap { requests[$0].spans })
      }
    )
  }

  private static func run(_ work: Work, _ stepped: SteppedStore) {
    switch work {
    case .compacting: compact(stepped)
    case .sealingForOwners:
      // As the thread does: what could not be done is tried again.
      for _ in 0..<2 { do { _ = try stepped.sealNext() } catch _ {} }
    }
  }

  /// Two outputs, and one of both of them.
  private static func compact(_ stepped: SteppedStore) {
    for numbers in [0..<3, 1..<4, 0..<2] {
      // As the thread does: what could not be done is left for later.
      do { _ = try stepped.compact(numbers) } catch _ {}
    }
  }

  private final class Counter: @unchecked Sendable {
    // SAFETY: one thread.
    var count = 0
  }
}
