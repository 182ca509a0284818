import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Testing

/// Crashes a store before each call that changes the disk, keeps every kind of subset of what was not synced,
/// and opens what is left.
struct CrashTests {
  @Test(arguments: CrashWorkload.all)
  func `whatever a crash keeps, all that was acked is read back, and only whole requests`(
    workload: CrashWorkload
  ) throws {
    let points = try workload.run()
    var stateCount = 0
    for point in points {
      var states = CrashStates(point, seed: workload.seed)
      stateCount += try states.check()
    }
    print("crash states: \(stateCount) at \(points.count) points of workload \"\(workload.name)\"")
    #expect(stateCount > 0)
  }
}
