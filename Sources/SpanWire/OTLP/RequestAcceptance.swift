/// Which spans of a request are taken.
package enum RequestAcceptance {
  /// The version of the rules by which spans are refused (`SpanRejection.Reason` lists them).
  ///
  /// It stands in every stored record beside the counts of accepted and refused spans. A request is stored as
  /// it came, refused spans included, and scanned again whenever it is sealed or recovered: that scan must
  /// judge as the first did, or a span nobody was promised would appear. So a change of the rules takes a new
  /// number, and the old rules stay as long as files that name them can be met.
  ///
  /// - 1: trace id of 16 bytes, span id of 8 bytes, neither all zero.
  /// - 2: see `heldRulesVersion`.
  package static let rulesVersion: UInt16 = 1

  /// As version 1; besides, spans of traces that were deleted and are held were refused. All refused spans
  /// were taken out of the body, so the record counts more of them than a scan of it finds.
  package static let heldRulesVersion: UInt16 = 2
}
