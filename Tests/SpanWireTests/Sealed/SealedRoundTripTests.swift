import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// What goes into a sealed segment comes out of it, byte for byte.
struct SealedRoundTripTests {
  @Test(arguments: RecordedRequests.names)
  func `every recorded span comes back as it was`(name: String) throws {
    let requests = try RecordedRequests(named: name).requests
    for share in stride(from: 0, to: requests.count, by: 200) {
      try expectSame(try SealedBytes(Array(requests[share..<min(share + 200, requests.count)])))
    }
  }

  @Test(arguments: [UInt64](1...20))
  func `every made-up span comes back as it was, whatever the size of row groups`(seed: UInt64) throws {
    var generator = RequestGenerator(seed: seed)
    var options = SegmentEncoder.Options()
    options.rowGroupByteCount = [300, 2000, 256 << 10][Int(seed % 3)]
    if seed % 2 == 0 { options.effort = .dense(level: 9) }
    try expectSame(try SealedBytes((0..<50).map { _ in generator.request().bytes }, options: options))
  }

  @Test func `the same input gives the same bytes`() throws {
    var generator = RequestGenerator(seed: 5)
    let requests = (0..<50).map { _ in generator.request().bytes }
    #expect(try SealedBytes(requests).bytes == SealedBytes(requests).bytes)
  }

  private func expectSame(_ sealed: SealedBytes) throws {
    let read = try SealedReading(sealed.bytes)
    #expect(read.layout.footer == sealed.footer)
    let differing = zip(read.members, sealed.members).first { $0 != $1 }
    #expect(differing == nil)
    #expect(read.members.count == sealed.members.count)
  }
}
