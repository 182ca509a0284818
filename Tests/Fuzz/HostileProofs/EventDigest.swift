/// A number that stands for a sequence of events: compared between two runs instead of the events.
struct EventDigest: Equatable {
  private(set) var eventCount = 0
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ kind: UInt64, _ first: UInt64, _ second: UInt64 = 0, _ third: UInt64 = 0) {
    eventCount += 1
    mix(kind)
    mix(first)
    mix(second)
    mix(third)
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    eventCount += 1
    mix(UInt64(bytes.count))
    for byte in bytes { mix(UInt64(byte)) }
  }

  private mutating func mix(_ number: UInt64) {
    value = (value ^ number) &* 0x0000_0100_0000_01b3
    value ^= value >> 29
  }
}
