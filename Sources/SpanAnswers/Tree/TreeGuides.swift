import SpanModel

/// The lines that join a span to those above it.
struct TreeGuides {
  private static let stepColumnCount = 3

  /// Guides wider than this are cut on the left, and the depth is told as a number.
  private let columnCountMax: Int
  /// For each depth whether a sibling comes below the span last drawn there.
  private var continues: [Bool] = []

  init(columnCountMax: Int) { self.columnCountMax = columnCountMax }

  /// To be called for every step of a walk, in its order.
  mutating func draw(_ step: TreeWalk.Step) -> TerminalText {
    continues.removeLast(max(0, continues.count - step.depth))
    defer { continues.append(!step.isLast) }
    if step.depth == 0 { return TerminalText(own: "") }
    let number = step.depth * Self.stepColumnCount > columnCountMax ? "\(step.depth) " : ""
    let fitCount = max(1, (columnCountMax - number.utf8.count) / Self.stepColumnCount)
    // A root draws nothing, so the guides of a span at depth d are those of depths 1 to d.
    let shown = continues.suffix(min(step.depth, fitCount) - 1)
    let lines = shown.map { $0 ? "│  " : "   " }.joined()
    return TerminalText(own: number + lines + (step.isLast ? "└─ " : "├─ "))
  }
}
