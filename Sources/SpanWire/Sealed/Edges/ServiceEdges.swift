/// Which services call which others: what the section `edges` of a sealed segment holds.
///
///     services: how many; then of each its byte count and its bytes     varints
///     edges: how many                                                   varint
///     hour, parent, child, calls, errors of each edge                   five times packed
///     open ends of each service                                         packed
///     open ends of each row group                                       packed
package struct ServiceEdges: Equatable, Sendable {
  package struct Edge: Equatable, Sendable {
    /// Of the child's start, since 1970.
    package let hour: UInt32
    /// Numbers of services.
    package let parent: UInt32
    package let child: UInt32
    package let callCount: UInt64
    /// Calls whose child's status is error.
    package let errorCount: UInt64
  }

  /// Names as they came; empty where a resource has none.
  package let services: [[UInt8]]
  /// In order of hour, parent and child.
  package let edges: [Edge]
  /// Spans of each service whose parent is not in their row group.
  package let openCounts: [UInt64]
  /// The same of each row group: where to look for them.
  package let groupOpenCounts: [UInt64]

  static let byteCountMax = 64 << 20

  init(services: [[UInt8]], edges: [Edge], openCounts: [UInt64], groupOpenCounts: [UInt64]) {
    self.services = services
    self.edges = edges
    self.openCounts = openCounts
    self.groupOpenCounts = groupOpenCounts
  }

  /// - Returns: whether it is not larger than a section may be.
  func encode(to bytes: inout PlainArray<UInt8>) -> Bool {
    guard services.reduce(0, { $0 + $1.count }) < Self.byteCountMax / 2,
      groupOpenCounts.count <= PackedIntegers.countMax
    else { return false }
    bytes.appendVarint(UInt64(services.count))
    for service in services {
      bytes.appendVarint(UInt64(service.count))
      service.withUnsafeBytes { bytes.append($0) }
    }
    bytes.appendVarint(UInt64(edges.count))
    let fields: [(Edge) -> UInt64] = [
      { UInt64($0.hour) }, { UInt64($0.parent) }, { UInt64($0.child) }, \.callCount, \.errorCount,
    ]
    for column in fields.map({ edges.map($0) }) + [openCounts, groupOpenCounts] {
      column.withUnsafeBufferPointer { PackedIntegers.append($0, to: &bytes) }
    }
    return bytes.count <= Self.byteCountMax
  }

  /// - Parameters:
  ///   - raw: the uncompressed section.
  ///   - rowGroupCount: of the segment.
  package init(decoding raw: [UInt8], rowGroupCount: Int) throws(FormatError) {
    self = try raw.withFormatBytes { raw throws(FormatError) in
      do throws(WireError) {
        var cursor = ProtobufCursor(raw)
        let services = try Self.services(&cursor)
        let edgeCount = try cursor.readVarint()
        guard edgeCount <= UInt64(EdgeTally.edgeCountMax) else { throw WireError(.truncated, position: 0) }
        return try Self.decode(&cursor, services, Int(edgeCount), rowGroupCount)
      } catch {
        throw .field("edges")
      }
    }
  }

  private static func services(_ cursor: inout ProtobufCursor) throws(WireError) -> [[UInt8]] {
    let count = try cursor.readVarint()
    guard count <= UInt64(EdgeTally.serviceCountMax) else { throw WireError(.truncated, position: 0) }
    var services: [[UInt8]] = []
    for _ in 0..<count { services.append([UInt8](try cursor.readBytes())) }
    return services
  }

  private static func decode(
    _ cursor: inout ProtobufCursor, _ services: [[UInt8]], _ edgeCount: Int, _ rowGroupCount: Int
  ) throws(WireError) -> ServiceEdges {
    var columns: [[UInt64]] = []
    var column = PlainArray<UInt64>()
    defer { column.deallocate() }
    let counts = Array(repeating: edgeCount, count: 5) + [services.count, rowGroupCount]
    for count in counts {
      do throws(FormatError) { try PackedIntegers.read(count, from: &cursor, into: &column) } catch {
        throw WireError(.truncated, position: cursor.position)
      }
      columns.append(Array(column.elements))
    }
    guard cursor.isAtEnd else { throw WireError(.truncated, position: cursor.position) }
    var edges: [Edge] = []
    edges.reserveCapacity(edgeCount)
    for number in 0..<edgeCount {
      guard let hour = UInt32(exactly: columns[0][number]), columns[1][number] < UInt64(services.count),
        columns[2][number] < UInt64(services.count)
      else { throw WireError(.truncated, position: 0) }
      edges.append(
        Edge(
          hour: hour, parent: UInt32(columns[1][number]), child: UInt32(columns[2][number]),
          callCount: columns[3][number], errorCount: columns[4][number]))
    }
    return ServiceEdges(
      services: services, edges: edges, openCounts: columns[5], groupOpenCounts: columns[6])
  }
}
