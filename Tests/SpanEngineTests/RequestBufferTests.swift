import SpanEngine
import SpanTestKit
import Testing

struct RequestBufferTests {
  private static let large = 1 << 20

  @Test(arguments: [1, 100, 40_000, large])
  func `bytes received in its room and bytes copied give the same request`(byteCount: Int) {
    var random = SeededRandom(seed: UInt64(byteCount))
    let expected = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let buffer = RequestBuffer(byteCount: byteCount)
    var isInPlace = true
    while !buffer.isComplete {
      let filled = buffer.filledByteCount
      let room = buffer.room
      #expect(filled + room.count <= byteCount)
      if isInPlace, room.count > 0 {
        let count = Int.random(in: 1...room.count, using: &random)
        let received = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
        received.copyBytes(from: expected[filled..<filled + count])
        buffer.append(UnsafeRawBufferPointer(received))
      } else {
        let count = Int.random(in: 1...byteCount - filled, using: &random)
        expected[filled..<filled + count].withUnsafeBytes { buffer.append($0) }
      }
      isInPlace.toggle()
    }
    #expect(Array(buffer.bytes) == expected)
  }

  @Test func `a full buffer has no room until more is granted`() {
    let buffer = RequestBuffer(byteCount: Self.large)
    let room = buffer.room
    #expect(room.count > 0 && room.count < buffer.grantedByteCount)
    room.initializeMemory(as: UInt8.self, repeating: 7)
    buffer.append(UnsafeRawBufferPointer(room))
    #expect(buffer.room.isEmpty)
    [UInt8](repeating: 7, count: 1).withUnsafeBytes { buffer.append($0) }
    #expect(buffer.room.count > 0)
    #expect(buffer.bytes.allSatisfy { $0 == 7 })
  }
}
