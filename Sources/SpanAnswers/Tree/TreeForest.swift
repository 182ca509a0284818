import SpanModel

/// Which span stands under which, whatever the parents' ids say: each span has one place.
///
/// All spans are nodes 0..<n in order of arrival. Nothing here recurses: a chain may be as long as the trace.
struct TreeForest {
  /// Why a span stands where it stands.
  enum Mark: UInt8 {
    case none, orphan, cycle, sameID, early
  }

  private(set) var roots: [Int32] = []
  private(set) var marks: [Mark]
  /// The parent's node, or -1.
  private var parents: [Int32]
  /// All nodes that have a parent, those of one parent side by side.
  private var children: [Int32] = []
  /// Where in `children` those of a node begin; one more than there are nodes.
  private var childStarts: [Int32]

  init(_ spans: [TreeSpan]) {
    marks = Array(repeating: .none, count: spans.count)
    parents = Array(repeating: -1, count: spans.count)
    childStarts = Array(repeating: 0, count: spans.count + 1)
    findParents(spans)
    cutCycles(spans)
    placeChildren(spans)
  }

  func children(of node: Int32) -> ArraySlice<Int32> {
    children[Int(childStarts[Int(node)])..<Int(childStarts[Int(node) + 1])]
  }

  private mutating func findParents(_ spans: [TreeSpan]) {
    let ids = SpanIDTable(spans)
    for (node, span) in spans.enumerated() {
      if let caller = ids.callingHalf(of: node, in: spans) {
        // Zipkin's shared span: client and server tell their halves of one call under one id.
        parents[node] = caller
      } else if !span.parentID.isZero {
        if let parent = ids.parent(of: node, in: spans) {
          parents[node] = parent
          if parent != node { markBelow(parent, node, spans) }
        } else {
          marks[node] = .orphan
        }
      }
      if marks[node] == .none && ids.isRepeated(node, in: spans) { marks[node] = .sameID }
    }
  }

  private mutating func markBelow(_ parent: Int32, _ node: Int, _ spans: [TreeSpan]) {
    let start = spans[node].start.nanoseconds
    if start != 0 && start < spans[Int(parent)].start.nanoseconds { marks[node] = .early }
  }

  /// Makes a root of the earliest span of each cycle. Following parents from a node ends at a root, at a
  /// node seen on an earlier walk, or at one of the same walk: only then there is a cycle.
  private mutating func cutCycles(_ spans: [TreeSpan]) {
    var walks = [Int32](repeating: -1, count: spans.count)
    for start in parents.indices {
      var node = Int32(start)
      while node >= 0 && walks[Int(node)] < 0 {
        walks[Int(node)] = Int32(start)
        node = parents[Int(node)]
      }
      guard node >= 0, walks[Int(node)] == start, parents[Int(node)] >= 0 else { continue }
      cutCycle(through: node, spans)
    }
  }

  private mutating func cutCycle(through first: Int32, _ spans: [TreeSpan]) {
    var earliest = first
    var node = parents[Int(first)]
    while node != first {
      if spans[Int(node)].start < spans[Int(earliest)].start { earliest = node }
      node = parents[Int(node)]
    }
    parents[Int(earliest)] = -1
    marks[Int(earliest)] = .cycle
  }

  /// Siblings by start, equal starts in order of arrival.
  private mutating func placeChildren(_ spans: [TreeSpan]) {
    let byStart = spans.indices.sorted { (spans[$0].start, $0) < (spans[$1].start, $1) }
    for parent in parents where parent >= 0 { childStarts[Int(parent) + 1] += 1 }
    var sum: Int32 = 0
    for index in childStarts.indices {
      sum += childStarts[index]
      childStarts[index] = sum
    }
    children = Array(repeating: 0, count: Int(sum))
    var next = childStarts
    for node in byStart {
      let parent = Int(parents[node])
      if parent < 0 {
        roots.append(Int32(node))
      } else {
        children[Int(next[parent])] = Int32(node)
        next[parent] += 1
      }
    }
  }
}
