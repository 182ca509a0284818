/// Counts which services call which others, from the rows of one row group after the other.
///
/// An edge is a span whose parent is of another service. The parent is looked for among the rows of its trace
/// in the same row group; where it is not, the edge is *open*, and the row group is told of.
package struct EdgeTally {
  /// What it looks at of a row.
  package struct Row: Equatable, BitwiseCopyable {
    package let spanID: UInt64
    package let parentID: UInt64
    package let start: UInt64
    package let end: UInt64
    package let scope: UInt32
    package let isError: Bool

    package init(
      spanID: UInt64, parentID: UInt64, start: UInt64, end: UInt64, scope: UInt32, isError: Bool
    ) {
      self.spanID = spanID
      self.parentID = parentID
      self.start = start
      self.end = end
      self.scope = scope
      self.isError = isError
    }
  }

  struct Key: Hashable {
    let hour: UInt32
    let parent: UInt32
    let child: UInt32
  }

  /// By services, of which nobody has so many; past them nothing is counted any more.
  static let serviceCountMax = 1 << 16
  static let edgeCountMax = 1 << 20
  private static let hourNanoseconds: UInt64 = 3_600_000_000_000

  private var services: [[UInt8]] = []
  private var serviceNumbers: [[UInt8]: UInt32] = [:]
  /// Of each scope the number of its service.
  private var scopeServices: [UInt32] = []
  private var edges: [Key: (callCount: UInt64, errorCount: UInt64)] = [:]
  private var openCounts: [UInt64] = []
  private var groupOpenCounts: [UInt64] = []
  private var openCount: UInt64 = 0
  /// Whether there is too much to be counted.
  package private(set) var isOver = false

  package init() {}

  /// Learns of the scope with the next number.
  ///
  /// - Parameter resource: the envelope of its resource.
  package mutating func addScope(resource: UnsafeRawBufferPointer) {
    let name = ServiceName.bytes(in: resource).map { [UInt8]($0) } ?? []
    if let known = serviceNumbers[name] { return scopeServices.append(known) }
    guard services.count < Self.serviceCountMax else {
      isOver = true
      return scopeServices.append(0)
    }
    serviceNumbers[name] = UInt32(services.count)
    scopeServices.append(UInt32(services.count))
    services.append(name)
    openCounts.append(0)
  }

  /// Counts the rows of one trace in a row group, ascending by span id. Spans that are equal in all that is
  /// looked at count once: so a client's retry does.
  package mutating func addTrace(_ rows: UnsafeBufferPointer<Row>) {
    for number in 0..<rows.count {
      let row = rows[number]
      guard row.parentID != 0, !isOver else { continue }
      if number > 0, rows[number &- 1] == row { continue }
      let child = scopeServices[Int(row.scope)]
      if let parent = Self.firstRow(row.parentID, in: rows) {
        let parent = scopeServices[Int(rows[parent].scope)]
        if parent != child { count(parent, child, row) }
      } else {
        openCounts[Int(child)] &+= 1
        openCount &+= 1
      }
    }
  }

  @inline(never)
  private mutating func count(_ parent: UInt32, _ child: UInt32, _ row: Row) {
    let key = Key(
      hour: UInt32(truncatingIfNeeded: row.start / Self.hourNanoseconds), parent: parent, child: child)
    edges[key, default: (0, 0)].callCount &+= 1
    if row.isError { edges[key, default: (0, 0)].errorCount &+= 1 }
    if edges.count > Self.edgeCountMax { isOver = true }
  }

  package mutating func endRowGroup() {
    groupOpenCounts.append(openCount)
    openCount = 0
  }

  /// The first of ascending rows that has this id.
  private static func firstRow(_ id: UInt64, in rows: UnsafeBufferPointer<Row>) -> Int? {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low &+ high) / 2
      if rows[middle].spanID < id { low = middle &+ 1 } else { high = middle }
    }
    return low < rows.count && rows[low].spanID == id ? low : nil
  }

  /// What was counted; `nil` when that was too much.
  package var result: ServiceEdges? {
    if isOver { return nil }
    let sorted = edges.sorted {
      ($0.key.hour, $0.key.parent, $0.key.child) < ($1.key.hour, $1.key.parent, $1.key.child)
    }
    return ServiceEdges(
      services: services,
      edges: sorted.map { key, counts in
        ServiceEdges.Edge(
          hour: key.hour, parent: key.parent, child: key.child, callCount: counts.callCount,
          errorCount: counts.errorCount)
      },
      openCounts: openCounts, groupOpenCounts: groupOpenCounts)
  }
}
