import Foundation
import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import Testing

/// Opens data directories that earlier releases wrote; they are kept for ever.
struct OldFilesTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "Fixtures")

  @Test func `a directory of format version 1 is whole and reads as when it was written`() throws {
    let directory = Self.fixtures.appending(path: "v1/store").path
    let before = try Self.contents(of: directory)
    let verification = try StoreVerification.verify(directory: directory)
    #expect(verification.damages == [])
    #expect(verification.requestCount == 5 && verification.spanCount == 30)
    let store = try Store.openReadOnly(directory: directory)
    let ids = try store.traceIDs().sorted()
    var checksum: UInt32 = 0
    for id in ids {
      for span in try store.spans(of: id) {
        for bytes in [span.resource, span.scope, span.bytes] {
          checksum = bytes.withUnsafeBytes { CRC32C.checksum($0, continuing: checksum) }
        }
      }
    }
    #expect(ids.count == 5)
    #expect(checksum == 722_535_986)
    #expect(try Self.contents(of: directory) == before, "reading changed the directory")
  }

  @Test func `a compacted directory of version 1 with filters of tags is whole, and is read and searched`()
    throws
  {
    let directory = Self.fixtures.appending(path: "v1/compacted").path
    let before = try Self.contents(of: directory)
    let verification = try StoreVerification.verify(directory: directory)
    #expect(verification.damages == [] && verification.spanCount == 30)
    let store = try Store.openReadOnly(directory: directory)
    let log = try Store.openReadOnly(directory: Self.fixtures.appending(path: "v1/store").path)
    let ids = try log.traceIDs()
    #expect(try Set(store.traceIDs()) == Set(ids))
    for id in ids { #expect(try Set(store.spans(of: id)) == Set(log.spans(of: id))) }
    let sealed = try #require(store.segmentSnapshot().sealed.first)
    #expect(try sealed.forEachTagFilter { _, _ in } && sealed.serviceEdges() != nil)
    for predicate in [.not(.isError), .isError, .kind(.server), .service("nobody")] as [SpanPredicate] {
      let search = SpanSearch(predicate, limit: 100)
      let found = try SpanSearcher(store, search).run().spans
      let expected = try SpanSearcher(log, search).run().spans
      #expect(found.map(\.spanID) == expected.map(\.spanID))
    }
    #expect(try Self.contents(of: directory) == before, "reading changed the directory")
  }

  private static func contents(of directory: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
      contents[name] = try Data(contentsOf: URL(filePath: directory).appending(path: name))
    }
    return contents
  }
}
