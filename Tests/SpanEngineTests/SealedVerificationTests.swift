import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import SpanWire
import Testing

/// What verification says of sealed segments.
struct SealedVerificationTests {
  /// Parts of the mutants, so that they run side by side.
  static let parts = 0..<4

  @Test func `a whole segment is whole, and counted`() throws {
    let subject = try SealedStore()
    let verification = try subject.verify()
    #expect(verification.isWhole, "\(verification.damages)")
    let file = try #require(verification.sealedFiles.first)
    #expect(file.name == subject.name && file.byteCount == UInt64(subject.bytes.count))
    #expect(file.rowGroupCount > 2 && file.traceCount == UInt64(subject.traceIDs.count))
    #expect(verification.spanCount == UInt64(subject.requests.reduce(0) { $0 + $1.spans.count }))
    #expect(verification.requestCount == UInt64(subject.requests.count))
  }

  @Test(arguments: parts)
  func `a changed byte is named with file, section and position, wherever it stands`(part: Int) throws {
    let subject = try SealedStore()
    let sections = try subject.parts()
    var count = 0
    for byte in stride(from: part, to: subject.bytes.count, by: Self.parts.count * Dose.share) {
      for mask in [1, 0x80, 0xff] as [UInt8] {
        var mutant = subject.bytes
        mutant[byte] ^= mask
        let verification = try subject.verify(mutant)
        let section = try #require(sections.first { byte < $0.end })
        let isNamed = verification.damages.contains { damage in
          damage.file == subject.name && damage.reason.hasPrefix(section.name)
            && damage.position <= byte && byte < damage.position + damage.byteCount
        }
        #expect(isNamed, "byte \(byte) in \(section.name) ^ \(mask): \(verification.damages)")
        count += 1
      }
    }
    print("mutants: \(count) bytes changed")
  }

  @Test func `the traces of a damaged row group are named, and no others are lost`() throws {
    let subject = try SealedStore()
    let footer = try subject.bytes.withUnsafeBytes { try SealedFooter(decoding: $0) }
    var mutant = subject.bytes
    // The last byte of the last row group: of its values, so that its keys can be read.
    let end = try #require(subject.parts().first { $0.name == "rowGroups" }).end
    mutant[end - 1] ^= 1
    let verification = try subject.verify(mutant)
    let lost = Set(verification.affectedTraces)
    #expect(!lost.isEmpty && lost.isSubset(of: subject.traceIDs) && UInt64(lost.count) < footer.traceCount)
    let store = try Store.openReadOnly(directory: SealedStore.directory, platform: subject.platform(mutant))
    for traceID in subject.traceIDs.subtracting(lost) {
      let expected = subject.requests.flatMap(\.spans).filter { $0.traceID == traceID }
      #expect(try Set(store.spans(of: traceID)) == Set(expected))
    }
    for traceID in lost { #expect(throws: StoreError.self) { try store.spans(of: traceID) } }
  }

  @Test(arguments: [
    "fences", "columns", "templates", "dictionary", "resources", "scopes", "records", "supersedes",
    "tombstones",
  ])
  func `a damaged section without which nothing can be read touches all traces`(section: String) throws {
    let subject = try SealedStore()
    var mutant = subject.bytes
    mutant[try #require(try subject.parts().first { $0.name == section }).end - 9] ^= 1
    #expect(try Set(subject.verify(mutant).affectedTraces) == subject.traceIDs)
  }

  @Test func `a damaged filter costs nothing but time`() throws {
    let subject = try SealedStore()
    var mutant = subject.bytes
    mutant[try #require(subject.parts().first { $0.name == "traceFilter" }).end - 1] ^= 1
    let store = try Store.openReadOnly(directory: SealedStore.directory, platform: subject.platform(mutant))
    for traceID in subject.traceIDs {
      let expected = subject.requests.flatMap(\.spans).filter { $0.traceID == traceID }
      #expect(try Set(store.spans(of: traceID)) == Set(expected))
    }
    #expect(try subject.verify(mutant).damages.map(\.extent) == [.nothing])
  }

  /// Of a section whose first block stands at its begin, with another checksum that fits.
  private static func changed(
    _ subject: SealedStore, _ name: String, _ change: (inout [UInt8]) -> Void
  ) throws -> [UInt8] {
    let parts = try subject.parts()
    let place = try #require(parts.firstIndex { $0.name == name })
    let start = parts[place - 1].end
    let header = try subject.bytes[start...].withUnsafeBytes { try SealedBlock(header: $0) }
    #expect(header.storedByteCount == header.rawByteCount, "compressed")
    var raw = Array(subject.bytes[start + SealedBlock.headerByteCount..<start + header.byteCount])
    change(&raw)
    let footer = try subject.bytes.withUnsafeBytes { try SealedFooter(decoding: $0) }
    var mutant = subject.bytes
    mutant.replaceSubrange(
      start..<start + header.byteCount,
      with: PlainBlock.encoded(raw, salt: footer.salt, position: UInt64(start)))
    return mutant
  }

  @Test func `filters that lack tags, and edges that are others, are named`() throws {
    let subject = try SealedStore(requestCount: 2, rowGroupByteCount: 1 << 10)
    let emptied = try Self.changed(subject, "tagFilters") { raw in
      // The bits of the last filter.
      for place in raw.count - 8..<raw.count { raw[place] = 0 }
    }
    let filters = try subject.verify(emptied).damages
    #expect(filters.count == 1 && filters[0].extent == .section)
    #expect(filters[0].reason.hasPrefix("tagFilters: they lack "))
    let recounted = try Self.changed(subject, "edges") { $0[$0.count - 1] ^= 1 }
    #expect(try subject.verify(recounted).damages.map(\.reason).allSatisfy { $0.hasPrefix("edges: ") })
    #expect(try !subject.verify(recounted).isWhole)
  }

  @Test(arguments: ["tagFilters", "edges", "traceFilter"])
  func `a search finds all that can be read, and tells of damage on its way`(section: String) throws {
    let subject = try SealedStore()
    let spanCount = subject.requests.reduce(0) { $0 + $1.spans.count }
    let search = SpanSearch(.not(.isError), limit: 1000)
    func found(_ mutant: [UInt8]) throws -> SearchResult {
      let platform = subject.platform(mutant)
      let store = try Store.openReadOnly(directory: SealedStore.directory, platform: platform)
      return try SpanSearcher(store, search).run()
    }
    #expect(try found(subject.bytes).spans.count == spanCount)
    var mutant = subject.bytes
    mutant[try #require(subject.parts().first { $0.name == section }).end - 9] ^= 1
    let beside = try found(mutant)
    #expect(beside.spans.count == spanCount && (beside.damage != nil) == (section == "tagFilters"))
    // The last row group.
    mutant = subject.bytes
    mutant[try #require(subject.parts().first { $0.name == "rowGroups" }).end - 1] ^= 1
    let less = try found(mutant)
    #expect(less.damage != nil && less.spans.count < spanCount && less.spans.count > 0)
  }

  @Test(arguments: [-1, -512, 1, 4096])
  func `a segment of another length is named`(change: Int) throws {
    let subject = try SealedStore()
    let mutant =
      change < 0
      ? Array(subject.bytes.dropLast(-change)) : subject.bytes + [UInt8](repeating: 7, count: change)
    let verification = try subject.verify(mutant)
    #expect(
      verification.damages.contains {
        $0.reason == "it has \(mutant.count) bytes, its footer says \(subject.bytes.count)"
      })
  }
}
