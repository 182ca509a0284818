import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

/// Makes the N-th call of a compaction over two generations fail, for every N.
struct CompactionFailureTests {
  private static let kinds = [Errno.ioError, .noSpace, .interrupted].flatMap { [($0, false), ($0, true)] }

  @Test(arguments: kinds)
  func `after a failed call all spans are read, at once, after a restart and after loss of power`(
    errno: Errno, isSticky: Bool
  ) throws {
    let (disk, spans) = try Self.base()
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
      Self.compact(stepped)
      platform.observe { _, _, _ in nil }
      if counter.count == 0 { break }
      failedCount += 1
      let isRead = try stepped.store.allSpans() == spans
      #expect(isRead, "call \(failing)")
      for image in [platform.image, platform.image.afterPowerLoss] {
        let again = try SteppedStore(CrashWorkload.options, platform: SimulatedPlatform(image))
        #expect(again.store.damages == [], "call \(failing)")
        let isThere = try again.store.allSpans() == spans
        #expect(isThere, "call \(failing)")
        #expect(again.store.statistics().storedSpanCount == UInt64(spans.count), "call \(failing)")
      }
      failing += max(1, Dose.share / 8)
    }
    print("failed calls: \(failedCount) of compactions with errno \(errno.rawValue), sticky \(isSticky)")
    #expect(failedCount > 5)
  }

  private static func base() throws -> (SimulatedDisk, Set<GeneratedSpan>) {
    let platform = SimulatedPlatform(seed: 401)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 402)
    let requests = try stepped.roll(7, &generator)
    while try stepped.sealNext() {}
    return (platform.image, Set(requests.flatMap(\.spans)))
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
