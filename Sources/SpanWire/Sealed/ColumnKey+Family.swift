extension ColumnKey {
  /// What a column's values are to whoever looks at a segment's bytes.
  package enum Family: String, CaseIterable, Sendable {
    /// They stand in key blocks.
    case names
    case spanAttributes
    case events
    case links
    case status
    case wholeSpans
    case otherFields
  }

  package var family: Family {
    switch message {
    case _ where isName: .names
    case _ where kind == SpanPiece.Kind.whole.rawValue: .wholeSpans
    case .span: isSpanAttribute ? .spanAttributes : .otherFields
    case .event: .events
    case .link: .links
    case .status: .status
    case .other: .otherFields
    }
  }

  /// What its values are: "text", "attributeVarint".
  package var kindName: String { SpanPiece.Kind(rawValue: kind).map { "\($0)" } ?? "kind \(kind)" }
}
