import SpanModel

/// The spans of a trace by their ids, several to an id if it must be.
struct SpanIDTable {
  /// Any number of spans may share an id; of so many the first are looked at for what belongs together.
  private static let sharingCountMax = 16

  private var nodes: [SpanID: Int32]
  /// The next node with the same id, or -1.
  private var nextWithSameID: [Int32]

  init(_ spans: [TreeSpan]) {
    nodes = Dictionary(minimumCapacity: spans.count)
    nextWithSameID = Array(repeating: -1, count: spans.count)
    for node in spans.indices.reversed() {
      if let next = nodes.updateValue(Int32(node), forKey: spans[node].id) { nextWithSameID[node] = next }
    }
  }

  /// The span that `node` names as its parent; of several that share the id the one that was called, for it
  /// is the one that calls on. Itself only if nothing else has that id.
  func parent(of node: Int, in spans: [TreeSpan]) -> Int32? {
    let candidates = nodes(of: spans[node].parentID)
    let others = candidates.filter { $0 != node }
    return others.first { spans[Int($0)].isCalledHalf } ?? others.first ?? candidates.first
  }

  /// The client's half of the call whose server's half `node` is, both having the same id.
  func callingHalf(of node: Int, in spans: [TreeSpan]) -> Int32? {
    guard spans[node].isCalledHalf else { return nil }
    return nodes(of: spans[node].id).first { spans[Int($0)].isCallingHalf }
  }

  /// Whether another span of the same kind has the id of `node`.
  func isRepeated(_ node: Int, in spans: [TreeSpan]) -> Bool {
    nodes(of: spans[node].id).contains { $0 != node && spans[Int($0)].kind == spans[node].kind }
  }

  private func nodes(of id: SpanID) -> [Int32] {
    guard var node = nodes[id] else { return [] }
    var found: [Int32] = []
    while node >= 0 && found.count < Self.sharingCountMax {
      found.append(node)
      node = nextWithSameID[Int(node)]
    }
    return found
  }
}

extension TreeSpan {
  /// A server's or a consumer's view of a call.
  var isCalledHalf: Bool { kind == 2 || kind == 5 }
  /// A client's or a producer's view of a call.
  var isCallingHalf: Bool { kind == 3 || kind == 4 }
}
