import SpanEngine
import SpanModel
import SpanTestKit
import SystemPackage
import Testing

/// Segments that are full because of their age.
struct RollAgeTests {
  private static var options: StoreOptions {
    var options = CrashWorkload.options
    options.rollAge = .seconds(3600)
    return options
  }

  private let platform = SimulatedPlatform(seed: 701)

  private func opened() throws -> SteppedStore {
    let stepped = try SteppedStore(Self.options, platform: platform)
    try stepped.prepareSpare()
    return stepped
  }

  @Test func `what a quiet store holds is sealed once its first record is old enough`() throws {
    let stepped = try opened()
    var generator = RequestGenerator(seed: 702)
    let requests = [generator.request(), generator.request()]
    try stepped.append(requests[0])
    platform.advanceClock(by: .seconds(3500))
    try stepped.append(requests[1])
    #expect(try !stepped.rollIfDue())
    platform.advanceClock(by: .seconds(101))
    #expect(try stepped.rollIfDue())
    #expect(stepped.store.statistics().fullSegmentCount == 1)
    #expect(try stepped.sealNext())
    #expect(stepped.store.statistics().sealedSegmentCount == 1)
    #expect(try stepped.store.allSpans() == Set(requests.flatMap(\.spans)))
  }

  @Test func `a segment without a record does not roll, however old its file is`() throws {
    let stepped = try opened()
    platform.advanceClock(by: .seconds(1_000_000))
    #expect(try !stepped.rollIfDue())
    var generator = RequestGenerator(seed: 703)
    try stepped.append(generator.request())
    #expect(try !stepped.rollIfDue())
    platform.advanceClock(by: .seconds(3601))
    #expect(try stepped.rollIfDue())
    try stepped.prepareSpare()
    platform.advanceClock(by: .seconds(3601))
    #expect(try !stepped.rollIfDue(), "the next segment is empty")
  }

  @Test func `it waits for the next file, and refuses nothing while there is no room for one`() throws {
    let isFull = Switch()
    isFull.turn(on: false)
    let faulty = FaultyPlatform(platform) { operation, path in
      operation == .rename && path.hasSuffix(".active.tmp") && isFull.isOn ? .noSpace : nil
    }
    let stepped = try SteppedStore(Self.options, platform: faulty)
    var generator = RequestGenerator(seed: 704)
    try stepped.append(generator.request())
    platform.advanceClock(by: .seconds(3601))
    isFull.turn(on: true)
    #expect(throws: StoreError.self) { try stepped.prepareSpare() }
    #expect(try !stepped.rollIfDue())
    try stepped.append(generator.request())
    isFull.turn(on: false)
    try stepped.prepareSpare()
    #expect(try stepped.rollIfDue())
  }

  @Test func `a clock that was set back makes nothing old`() throws {
    let faulty = FaultyPlatform(platform)
    let stepped = try SteppedStore(Self.options, platform: faulty)
    var generator = RequestGenerator(seed: 705)
    try stepped.append(generator.request())
    try stepped.prepareSpare()
    faulty.setClockBack(by: .seconds(86_400))
    #expect(try !stepped.rollIfDue())
  }

  @Test func `without an age nothing rolls before it is full`() throws {
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 706)
    try stepped.append(generator.request())
    try stepped.prepareSpare()
    platform.advanceClock(by: .seconds(1_000_000))
    #expect(try !stepped.rollIfDue())
  }
}
