import SpanEngine
import SpanTestKit
import Testing

/// Numbers that no store ever gives away, in places where a store looks for its own.
struct LastNumbersTests {
  private static let directory = "data"

  private func open(_ disk: SimulatedDisk) throws -> (store: SteppedStore, disk: SimulatedDisk) {
    let platform = SimulatedPlatform(disk)
    var options = StoreOptions(directory: Self.directory)
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    let store = try SteppedStore(options, platform: platform)
    var generator = RequestGenerator(seed: 5)
    _ = try store.commit([try store.prepare(RequestBuffer(generator.request().bytes))])
    return (store, platform.image)
  }

  @Test(arguments: ["3fffffffffffffff", "4000000000000000", "7fffffffffffffff", "ffffffffffffffff"])
  func `a stray file with the last of all names does not keep a store from being opened twice`(digits: String)
    throws
  {
    var (_, disk) = try open(SimulatedDisk())
    disk.put("\(Self.directory)/lane-0-\(digits).active", [1, 2, 3])
    for requestCount in 2...3 {
      let (store, after) = try open(disk)
      #expect(store.store.unreadable.count == 1)
      #expect(store.store.statistics().requestCount == UInt64(requestCount))
      disk = after
    }
  }
}
