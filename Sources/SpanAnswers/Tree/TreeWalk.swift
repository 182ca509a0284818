/// Walks a forest from the top of its drawing to the bottom, without recursion.
struct TreeWalk: Sequence, IteratorProtocol {
  struct Step {
    var node: Int32
    /// 0 for a root.
    var depth: Int
    /// Whether no sibling comes below it.
    var isLast: Bool
  }

  private let forest: TreeForest
  private var pending: [Step] = []

  init(_ forest: TreeForest) {
    self.forest = forest
    push(forest.roots[...], depth: 0)
  }

  mutating func next() -> Step? {
    guard let step = pending.popLast() else { return nil }
    push(forest.children(of: step.node), depth: step.depth + 1)
    return step
  }

  private mutating func push(_ nodes: ArraySlice<Int32>, depth: Int) {
    for (index, node) in nodes.enumerated().reversed() {
      pending.append(Step(node: node, depth: depth, isLast: index == nodes.count - 1))
    }
  }
}
