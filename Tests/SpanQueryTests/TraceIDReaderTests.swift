import Foundation
import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Testing

struct TraceIDReaderTests {
  /// A store whose segments are filled step by step, and what was put into it.
  private struct Filling {
    let stepped: SteppedStore
    private(set) var traceIDs: Set<TraceID> = []
    private var generator: RequestGenerator

    init(
      _ platform: any Platform = SimulatedPlatform(seed: 5), directory: String = "data", traceCount: UInt64,
      segmentByteCount: Int = StoreOptions.segmentByteCountMin, retainedSegments: Int? = nil
    ) throws {
      var options = StoreOptions(directory: directory)
      options.segmentByteCount = segmentByteCount
      // A page or two: what is read of indexes is read from the disk.
      options.indexCacheByteCount = 1
      options.retainByteCount = retainedSegments.map { UInt64($0 * segmentByteCount) }
      var shape = RequestGenerator.Shape()
      shape.spans = 20...30
      shape.traceIDs = (1...traceCount).map { TraceID(high: $0, low: 1) }
      generator = RequestGenerator(seed: 6, shape: shape)
      stepped = try SteppedStore(options, platform: platform)
    }

    mutating func commit(writingIndexes: Bool = true) throws {
      let requests = (0..<4).map { _ in generator.request() }
      for request in requests { traceIDs.formUnion(request.spans.map(\.traceID)) }
      var appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes)) }[...]
      while !appends.isEmpty { appends = appends.dropFirst(try stepped.commit(appends)) }
      if writingIndexes { stepped.writeIndexes() }
    }

    mutating func fill(fullSegments count: UInt64, writingIndexes: Bool = true) throws {
      while stepped.store.statistics().fullSegmentCount < count {
        try commit(writingIndexes: writingIndexes)
      }
    }
  }

  @Test(arguments: [true, false])
  func `each id comes once, from files and from memory, however many segments have it`(hasFiles: Bool) throws
  {
    var filling = try Filling(traceCount: 500)
    try filling.fill(fullSegments: 12, writingIndexes: hasFiles)
    let ids = try filling.stepped.store.traceIDs()
    #expect(ids.count == filling.traceIDs.count && Set(ids) == filling.traceIDs)
  }

  @Test func `an index in memory that is larger than a piece is walked to its end`() throws {
    var filling = try Filling(traceCount: 1 << 20, segmentByteCount: 8 << 20)
    while filling.traceIDs.count < 10_000 { try filling.commit() }
    let ids = try filling.stepped.store.traceIDs()
    #expect(filling.stepped.store.statistics().fullSegmentCount == 0)
    #expect(ids.count == filling.traceIDs.count && Set(ids) == filling.traceIDs)
  }

  @Test(arguments: [1, IndexMerge.heldEntryCountUsual])
  func `places come ascending by tag, those of one tag by age, in pieces of any size`(held: Int) throws {
    var filling = try Filling(traceCount: 2000, segmentByteCount: 1 << 20)
    try filling.fill(fullSegments: 3)
    var merge = filling.stepped.store.segmentSnapshot().merge(heldEntryCountMax: held)
    var order: [(tag: UInt32, segment: SegmentSequence, record: UInt64)] = []
    while let entry = try merge.next() {
      order.append((entry.tag, entry.segment.sequence, entry.place.record))
    }
    #expect(zip(order, order.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(Set(order.map(\.tag)).count == filling.traceIDs.count)
    let pages = 3 * 340
    #expect(order.count > pages, "an index is no longer than a page")
  }

  @Test func `what one id costs does not grow with the segments`() throws {
    let platform = SimulatedPlatform(seed: 5)
    var filling = try Filling(platform, traceCount: 1 << 20)
    try filling.fill(fullSegments: 40)
    let before = platform.callCount
    let ids = try filling.stepped.store.traceIDs()
    let readCount = platform.callCount - before
    #expect(ids.count == filling.traceIDs.count)
    // A record's head, its directory, and now and then a page of an index.
    #expect(readCount <= 3 * ids.count, "\(readCount) reads for \(ids.count) ids")
  }

  @Test(arguments: [1, 2, 3])
  func `a damaged page of an index costs no id, and none comes twice`(page: Int) throws {
    let platform = SimulatedPlatform(seed: 5)
    var filling = try Filling(platform, traceCount: 2000, segmentByteCount: 1 << 20)
    try filling.fill(fullSegments: 2)
    var disk = platform.image
    for path in disk.paths where path.hasSuffix(".index") {
      var bytes = try #require(disk.contents(of: path))
      try #require(bytes.count > (page + 2) * 4096)
      bytes[bytes.count - page * 4096 + 100] ^= 1
      disk.overwrite(path, with: bytes)
    }
    let ids = try Store.openReadOnly(directory: "data", platform: SimulatedPlatform(disk)).traceIDs()
    #expect(ids.count == filling.traceIDs.count && Set(ids) == filling.traceIDs)
  }

  @Test func `the trace whose id was returned is read from the segments that have it`() throws {
    var filling = try Filling(traceCount: 100)
    try filling.fill(fullSegments: 8)
    let store = filling.stepped.store
    let reader = TraceIDReader(store: store)
    while let traceID = try reader.next() {
      let chunks = [reader.traceReader(), TraceReader(store: store, traceID: traceID)]
      let bytes = try chunks.map { try $0.nextChunk()?.bytes }
      #expect(bytes[0] != nil && bytes[0] == bytes[1])
    }
  }

  @Test func `segments that are retired meanwhile are let go of, and their traces are left out`() throws {
    let directory = try TemporaryDirectory()
    var filling = try Filling(
      LinuxPlatform(), directory: directory.path, traceCount: 1 << 20, retainedSegments: 40)
    try filling.fill(fullSegments: 30)
    let reader = TraceIDReader(store: filling.stepped.store)
    #expect(try reader.next() != nil)
    let retired = filling.stepped.store.statistics().retiredSegmentCount
    while filling.stepped.store.statistics().retiredSegmentCount < retired + 40 { try filling.commit() }
    #expect(try Self.retiredFiles(of: directory).count > 30)
    var count = 1
    while count < 2048, try reader.next() != nil { count += 1 }
    #expect(count < 2048, "all is read of what is retired")
    #expect(try Self.retiredFiles(of: directory).count <= 1, "more than the file looked at last is held")
    withExtendedLifetime(reader) {}
  }

  /// Files of the directory that this process has open and that have no name any more.
  private static func retiredFiles(of directory: TemporaryDirectory) throws -> [String] {
    let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    return links.compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
    }
    .filter { $0.contains(directory.path) && $0.contains(".active") && $0.hasSuffix(" (deleted)") }
  }
}
