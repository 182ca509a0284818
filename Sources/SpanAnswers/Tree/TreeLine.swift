import SpanModel

/// Draws the lines of a tree, one for each span.
struct TreeLine {
  let columns: TreeColumns
  let extent: TraceExtent
  let services: [TerminalText]
  let names: [TerminalText]

  init(_ tree: TraceTree, columnCount: Int) {
    columns = TreeColumns(tree.spans, columnCount: columnCount)
    extent = tree.extent
    let width = columns.label
    services = tree.services.texts.map { Self.text($0, orInstead: "(no service)", width) }
    names = tree.names.texts.map { Self.text($0, orInstead: "(no name)", width) }
  }

  private static func text(_ bytes: [UInt8], orInstead substitute: String, _ width: Int) -> TerminalText {
    bytes.isEmpty ? TerminalText(own: substitute) : TerminalText(bytes, columnCountMax: width)
  }

  /// The titles of the columns.
  var head: String {
    let cells =
      TreeColumns.cell(TerminalText(own: "span"), columns.label)
      + TreeColumns.cell(TerminalText(own: "kind"), columns.kind)
      + TreeColumns.cell(TerminalText(own: "start"), columns.start, isRight: true)
      + TreeColumns.cell(TerminalText(own: "duration"), columns.duration, isRight: true)
      + TreeColumns.cell(TerminalText(own: "status"), columns.status)
    return Self.trimmed(cells)
  }

  /// - Parameter guides: what joins the span to those above it.
  func draw(_ span: TreeSpan, mark: TreeForest.Mark, guides: TerminalText) -> String {
    let cells =
      TreeColumns.cell(label(span, mark, guides), columns.label)
      + TreeColumns.cell(TerminalText(own: TreeSpan.text(ofKind: span.kind)), columns.kind)
      + TreeColumns.cell(TerminalText(own: start(span)), columns.start, isRight: true)
      + TreeColumns.cell(TerminalText(own: duration(span)), columns.duration, isRight: true)
      + TreeColumns.cell(TerminalText(own: TreeSpan.text(ofStatus: span.status)), columns.status)
    return Self.trimmed(cells + bar(span))
  }

  /// Guides and mark are always whole; service and name share what they leave.
  private func label(_ span: TreeSpan, _ mark: TreeForest.Mark, _ guides: TerminalText) -> TerminalText {
    let suffix = TerminalText(own: mark.text.isEmpty ? "" : " [\(mark.text)]")
    let room = columns.label - guides.columnCount - suffix.columnCount
    let text = services[Int(span.service)] + TerminalText(own: "  ") + names[Int(span.name)]
    return guides + text.cut(to: max(room, 1)) + suffix
  }

  private func start(_ span: TreeSpan) -> String {
    guard span.start.nanoseconds >= extent.start else { return "-" }
    return TimeText.duration(nanoseconds: span.start.nanoseconds - extent.start)
  }

  private func duration(_ span: TreeSpan) -> String {
    let (start, end) = (span.start.nanoseconds, span.end.nanoseconds)
    if start == 0 || end == 0 { return "-" }
    if end < start { return "-" + TimeText.duration(nanoseconds: start - end) }
    return TimeText.duration(nanoseconds: end - start)
  }

  /// Where the span lies within the trace, rounded to columns and at least one wide.
  private func bar(_ span: TreeSpan) -> String {
    guard columns.bar > 0, span.start.nanoseconds >= extent.start, !extent.isEmpty else { return "" }
    let scale = Double(columns.bar) / Double(max(extent.nanosecondCount, 1))
    let start = Int(Double(span.start.nanoseconds - extent.start) * scale)
    let end = max(span.end.nanoseconds, span.start.nanoseconds)
    let stop = Int((Double(end - extent.start) * scale).rounded())
    let first = min(start, columns.bar - 1)
    return String(repeating: " ", count: first)
      + String(repeating: "█", count: max(1, min(stop, columns.bar) - first))
  }

  private static func trimmed(_ line: String) -> String {
    String(Substring(line.utf8.dropLast(line.utf8.reversed().prefix { $0 == 0x20 }.count)))
  }
}

extension TreeForest.Mark {
  var text: String {
    switch self {
    case .none: ""
    case .orphan: "orphan"
    case .cycle: "cycle"
    case .sameID: "same id"
    case .early: "early"
    }
  }

  /// What the mark means, for those who meet it.
  var explanation: String {
    switch self {
    case .none: ""
    case .orphan: "the span it names as its parent is not among these"
    case .cycle: "its parents lead back to itself"
    case .sameID: "another span of its kind has its id"
    case .early: "it starts before its parent, by the clocks of those who told"
    }
  }
}
