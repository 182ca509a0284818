import SpanEngine
import SpanModel
import Testing

struct FileNameTests {
  @Test(arguments: [(0, 1), (7, 0xdead_beef), (UInt32.max, UInt64.max)])
  func `a name that was made is read again`(lane: UInt32, sequence: UInt64) throws {
    let active = try #require(FileName.parseActive(FileName.active(lane: lane, SegmentSequence(sequence))))
    let index = try #require(FileName.parseIndex(FileName.index(lane: lane, SegmentSequence(sequence))))
    #expect(active == (lane, SegmentSequence(sequence)))
    #expect(index == (lane, SegmentSequence(sequence)))
    #expect(FileName.parseLedger(FileName.ledger(lane: lane)) == lane)
  }

  @Test(arguments: [
    "", "lane-", "lane-0", "lane-0-", "lane-0-2a.active", "lane-00-000000000000002a.active",
    "lane-01-000000000000002a.active", "lane-+1-000000000000002a.active", "lane--000000000000002a.active",
    "lane-4294967296-000000000000002a.active", "lane-0-000000000000002A.active", "lane-0-000000000000002a",
    "lane-0-00000000000000002a.active", "lane-0-000000000000002a.active.tmp",
    "Lane-0-000000000000002a.active",
    "lane-0-000000000000002g.active", "lane-0-000000000000002a.activé", "lane-0-000000000000002a.ledger",
    " lane-0-000000000000002a.active", "lane-0_000000000000002a.active",
  ])
  func `another spelling is no name of ours`(name: String) {
    #expect(FileName.parseActive(name) == nil)
    #expect(FileName.parseIndex(name) == nil)
    #expect(FileName.parseLedger(name) == nil)
  }

  @Test(arguments: ["lane-00.ledger", "lane-.ledger", "lane-+1.ledger", "lane-0.ledger.tmp", "lane-0.Ledger"])
  func `another spelling is no ledger of ours`(name: String) { #expect(FileName.parseLedger(name) == nil) }

  @Test(arguments: [
    ("lane-0-000000000000002a.active.tmp", true), ("lane-0-000000000000002a.index.tmp", true),
    ("lane-0.ledger.tmp", true), ("store.identity.tmp", true), ("notes.tmp", false),
    ("lane-0-000000000000002A.active.tmp", false), ("lane-0-000000000000002a.active", false),
  ])
  func `only files of ours in the making are taken for those`(name: String, isTemporary: Bool) {
    #expect(FileName.isTemporary(name) == isTemporary)
  }
}
