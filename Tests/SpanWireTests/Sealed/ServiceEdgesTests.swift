import SpanModel
import SpanTestKit
import SpanWire
import Testing

struct ServiceEdgesTests {
  private static let hour: UInt64 = 3_600_000_000_000

  /// Scopes 0 and 1 are of "a", 2 of "b", 3 of nobody.
  private static func tally() -> EdgeTally {
    var tally = EdgeTally()
    for name in ["a", "a", "b", nil] { resource(name).withUnsafeBytes { tally.addScope(resource: $0) } }
    return tally
  }

  private static func resource(_ name: String?) -> [UInt8] {
    let attribute = textField(1, "service.name") + bytesField(2, textField(1, name ?? ""))
    return bytesField(1, name == nil ? [] : bytesField(1, attribute))
  }

  private static func row(
    _ spanID: UInt64, parent: UInt64, scope: UInt32, start: UInt64 = 0, isError: Bool = false
  ) -> EdgeTally.Row {
    EdgeTally.Row(
      spanID: spanID, parentID: parent, start: start, end: start, scope: scope, isError: isError)
  }

  private static func edges(_ traces: [[EdgeTally.Row]]) throws -> ServiceEdges {
    var tally = tally()
    for trace in traces { trace.withUnsafeBufferPointer { tally.addTrace($0) } }
    tally.endRowGroup()
    return try #require(tally.result)
  }

  @Test func `a call goes from the service of the parent to that of the child`() throws {
    let found = try Self.edges([
      [
        Self.row(1, parent: 0, scope: 0), Self.row(2, parent: 1, scope: 1),
        Self.row(3, parent: 2, scope: 2, start: 5 * Self.hour + 1),
        Self.row(4, parent: 3, scope: 0, start: Self.hour - 1, isError: true),
      ]
    ])
    #expect(found.services == ["a", "b", ""].map { Array($0.utf8) })
    #expect(PlainEdges(found).edges == [[0, 1, 0, 1, 1], [5, 0, 1, 1, 0]])
    #expect(found.openCounts == [0, 0, 0] && found.groupOpenCounts == [0])
  }

  @Test func `a parent that is not there leaves an open end`() throws {
    let found = try Self.edges([
      [Self.row(1, parent: 9, scope: 2), Self.row(2, parent: 8, scope: 2)],
      [Self.row(8, parent: 0, scope: 0), Self.row(9, parent: 7, scope: 3)],
    ])
    #expect(found.edges.isEmpty && found.openCounts == [0, 2, 1] && found.groupOpenCounts == [3])
  }

  @Test func `a retry counts once, and spans that only share an id count each`() throws {
    let call = Self.row(2, parent: 1, scope: 2)
    let found = try Self.edges([
      [Self.row(1, parent: 0, scope: 0), call, call, Self.row(2, parent: 1, scope: 2, start: 1)]
    ])
    #expect(found.edges.map(\.callCount) == [2])
  }

  @Test func `what is damaged is refused and never traps`() throws {
    var tally = Self.tally()
    let rows = [Self.row(1, parent: 0, scope: 0), Self.row(2, parent: 1, scope: 2)]
    rows.withUnsafeBufferPointer { tally.addTrace($0) }
    tally.endRowGroup()
    let whole = Self.section(try #require(tally.result))
    #expect(try ServiceEdges(decoding: whole, rowGroupCount: 1) == tally.result)
    for count in 0..<whole.count {
      #expect(throws: FormatError.self) {
        try ServiceEdges(decoding: Array(whole.prefix(count)), rowGroupCount: 1)
      }
    }
    var mutator = ByteMutator(seed: 1)
    for _ in 0..<10_000 / Dose.share {
      _ = try? ServiceEdges(decoding: mutator.mutate(whole), rowGroupCount: 1)
    }
  }

  private static func section(_ edges: ServiceEdges) -> [UInt8] {
    var bytes = PlainBytes.varint(edges.services.count)
    for service in edges.services { bytes += PlainBytes.varint(service.count) + service }
    bytes += PlainBytes.varint(edges.edges.count)
    let columns =
      [
        edges.edges.map { UInt64($0.hour) }, edges.edges.map { UInt64($0.parent) },
        edges.edges.map { UInt64($0.child) }, edges.edges.map(\.callCount), edges.edges.map(\.errorCount),
      ] + [edges.openCounts, edges.groupOpenCounts]
    // Each in 64 bits, which is not how they are written, but how they may be.
    for column in columns { bytes += [0, 64] + column.flatMap { PlainBytes.fixed64($0) } }
    return bytes
  }
}
