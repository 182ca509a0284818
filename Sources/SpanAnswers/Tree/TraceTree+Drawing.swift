import SpanModel

extension TraceTree {
  private static let pieceByteCount = 256 << 10

  /// Draws the tree: what the trace is, then a line for each span, then what the marks mean.
  ///
  /// - Parameters:
  ///   - columnCount: the width of the terminal; lines are no longer, from 40 columns on.
  ///   - write: takes the drawing in pieces of about 256 KiB.
  package func draw<Failure: Error>(
    columnCount: Int, to write: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    var piece = Array(header(columnCount: columnCount).utf8)
    let forest = TreeForest(spans)
    let line = TreeLine(self, columnCount: columnCount)
    var guides = TreeGuides(columnCountMax: line.columns.label / 2)
    var marks: Set<TreeForest.Mark> = []
    for step in TreeWalk(forest) {
      let node = Int(step.node)
      let mark = forest.marks[node]
      marks.insert(mark)
      piece.append(contentsOf: line.draw(spans[node], mark: mark, guides: guides.draw(step)).utf8)
      piece.append(UInt8(ascii: "\n"))
      if piece.count >= Self.pieceByteCount {
        try write(piece)
        piece.removeAll(keepingCapacity: true)
      }
    }
    piece.append(contentsOf: footer(marks).utf8)
    try write(piece)
  }

  private func header(columnCount: Int) -> String {
    var lines = ["trace     \(traceID)"]
    lines.append("spans     \(spanCount)" + (errorCount > 0 ? ", \(errorCount) with errors" : ""))
    if !extent.isEmpty {
      let moment = TimeText.moment(nanoseconds: extent.start)
      lines.append("time      \(TimeText.duration(nanoseconds: extent.nanosecondCount)) from \(moment)")
    }
    lines.append(
      "services  " + serviceList(columnCountMax: max(columnCount, TreeColumns.columnCountMin) - 10))
    return lines.joined(separator: "\n") + "\n\n" + TreeLine(self, columnCount: columnCount).head + "\n"
  }

  /// The services with the numbers of their spans, the busiest first, as far as they fit a line.
  private func serviceList(columnCountMax: Int) -> String {
    var counts = [Int](repeating: 0, count: services.texts.count)
    for span in spans { counts[Int(span.service)] += 1 }
    let busiest = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
    // Each takes five columns or more, so of more services than columns not all are needed.
    let items = busiest.prefix(columnCountMax).map { service in
      let name = services.texts[service]
      return (name.isEmpty ? "(no service)" : TerminalText(name, columnCountMax: 40).text)
        + " (\(counts[service]))"
    }
    return TerminalText(items.joined(separator: ", ").utf8, columnCountMax: columnCountMax).text
  }

  private func footer(_ marks: Set<TreeForest.Mark>) -> String {
    var lines = marks.filter { $0 != .none }.sorted { $0.rawValue < $1.rawValue }.map {
      "[\($0.text)]  \($0.explanation)"
    }
    if spanCount > spans.count {
      lines.append(
        "\(spanCount - spans.count) more spans are not drawn: a tree holds at most \(spans.count). "
          + "Use --skip and --limit to see them, or --format otlp-json for all.")
    }
    if mayRepeat {
      lines.append("Equal spans may be drawn twice: the trace has too many to compare them all.")
    }
    return lines.isEmpty ? "" : "\n" + lines.joined(separator: "\n") + "\n"
  }
}
