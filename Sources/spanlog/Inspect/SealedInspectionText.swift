import SpanAnswers
import SpanEngine
import SpanModel
import SpanWire

/// What `inspect` prints of each part of a sealed segment: one line, indented as deep as it stands.
struct SealedInspectionText {
  private static let keyColumnCountMax = 60

  /// For bytes per span.
  private var spanCount: UInt64 = 0

  init() {}

  mutating func lines(_ part: InspectedPart) -> [String] {
    switch part {
    case .footer(let name, let footer):
      spanCount = footer.spanCount
      return footerLines(name, footer)
    case .section(let section): return [line(section)]
    case .templates(let count): return ["templates \(count)"]
    case .column(let number, let column, let entryCount): return [line(number, column, entryCount)]
    case .superseded(let segment): return ["supersedes \(Self.name(segment))"]
    case .tombstone(let tombstone):
      return [
        "tombstone \(hexDigits(of: tombstone.high))\(hexDigits(of: tombstone.low)), "
          + "hides what came before record \(tombstone.sequence.rawValue)"
      ]
    case .record(let number, let record): return [Self.line(number, record)]
    case .tagFilters(let count, let byteCount): return ["tag filters \(count) of \(byteCount) bytes"]
    case .edges(let edges): return Self.lines(edges)
    case .rowGroup(let group): return [line(group)]
    case .trace(let traceID, let spanCount): return ["  trace \(traceID), spans \(spanCount)"]
    case .span(let span): return [Self.line(span)]
    case .damage(let damage):
      return ["damage  position \(damage.position), \(damage.byteCount) bytes: \(damage.reason)"]
    }
  }

  private func footerLines(_ name: String, _ footer: SealedFooter) -> [String] {
    [
      "sealed \(name)  sequence \(footer.sequence.rawValue), "
        + "store \(hexDigits(of: footer.storeID.high))\(hexDigits(of: footer.storeID.low)), "
        + "\(footer.isDense ? "dense" : "fast") encoding, tenant \(footer.tenant), partition \(footer.partition), "
        + "\(footer.fileByteCount) bytes, \(perSpan(footer.fileByteCount))",
      "  spans \(footer.spanCount) of \(footer.rawByteCount) bytes, traces \(footer.traceCount), "
        + "row groups \(footer.rowGroupCount), records \(footer.recordCount) from "
        + "\(footer.firstRecord.rawValue) to \(footer.lastRecord.rawValue)",
      "  arrived \(Self.moment(footer.firstArrival)) to \(Self.moment(footer.lastArrival)), "
        + "times \(Self.moment(footer.firstTime)) to \(Self.moment(footer.lastTime))",
    ]
  }

  private func perSpan(_ byteCount: UInt64) -> String {
    spanCount > 0 ? "\(FigureText.short(Double(byteCount) / Double(spanCount))) bytes per span" : "no spans"
  }

  private func line(_ section: SealedSection) -> String {
    "section \(section.name)  position \(section.position), \(section.byteCount) bytes, "
      + "\(perSpan(section.byteCount)), \(section.isRequired ? "required" : "optional")"
  }

  private func line(_ number: Int, _ column: ColumnKey, _ entryCount: Int) -> String {
    // The field's number is the tag without its wire type; a span that is kept whole is no field.
    var place = "\(column.message)"
    if column.tag > 0 { place += " field \(column.tag >> 3)" }
    if !column.key.isEmpty {
      place += " \(TerminalText(column.key, columnCountMax: Self.keyColumnCountMax).text)"
    }
    return "column \(number)  \(place), \(column.kindName), entries \(entryCount)"
  }

  private static func name(_ segment: SupersededSegment) -> String {
    switch segment.kind {
    case .log: FileName.active(lane: segment.lane, segment.sequence)
    case .sealed: FileName.sealed(segment.storeID, segment.sequence)
    }
  }

  private static func line(_ number: Int, _ record: SealedRecord) -> String {
    "record \(number)  sequence \(record.sequence.rawValue), arrived \(moment(record.arrival)), "
      + "accepted \(record.acceptedSpanCount), rejected \(record.rejectedSpanCount), rules \(record.rulesVersion)"
  }

  private static func lines(_ edges: ServiceEdges) -> [String] {
    func service(_ number: UInt32) -> String {
      TerminalText(edges.services[Int(number)], columnCountMax: keyColumnCountMax).text
    }
    let calls = edges.edges.map { edge in
      let hour = Timestamp(nanoseconds: UInt64(edge.hour) &* 3_600_000_000_000)
      return "edge \(service(edge.parent)) to \(service(edge.child)), hour \(moment(hour)), "
        + "calls \(edge.callCount), errors \(edge.errorCount)"
    }
    let open = edges.services.indices.filter { edges.openCounts[$0] > 0 }.map {
      "open edges to \(service(UInt32($0))) \(edges.openCounts[$0])"
    }
    return calls + open
  }

  private func line(_ group: InspectedRowGroup) -> String {
    let blocks = group.byteCounts.map { "\($0.keys) bytes of keys and \($0.values) of values" } ?? "no blocks"
    let hash = group.firstHash.map { "first hash \(hexDigits(of: $0))" } ?? "no first hash"
    return "rows \(group.number)  position \(group.position), \(hash), traces \(group.traceCount), "
      + "spans \(group.spanCount), \(blocks)"
  }

  private static func line(_ span: InspectedSpan) -> String {
    "    span \(hexDigits(of: span.spanID)), parent \(hexDigits(of: span.parentID)), "
      + "\(moment(span.start)) to \(moment(span.end)), scope \(span.scope), record \(span.record), "
      + "\(span.byteCount) bytes"
  }

  private static func moment(_ time: Timestamp) -> String {
    TimeText.moment(nanoseconds: time.nanoseconds)
  }
}
