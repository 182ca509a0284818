import SpanEngine

/// Damage that a store knows of when it is opened: answers may lack spans, and nothing in them tells.
struct KnownDamage: Equatable {
  /// As many are told one by one; a broken disk may have made thousands.
  private static let toldCountMax = 100

  /// One text for each damage, or one for all.
  let texts: [String]
  /// Whether spans may be gone without the reading of their trace meeting it: not so when a second copy was
  /// whole, nor when a body alone is damaged, to which its directory still leads.
  let mayHideSpans: Bool

  /// What a server that counts `damageCount` damages has to say.
  init(damageCount: UInt64, server: String) {
    mayHideSpans = damageCount > 0
    texts =
      damageCount == 0
      ? []
      : [
        "\(server) found \(damageCount) damage\(damageCount == 1 ? "" : "s") in its files: answers may lack "
          + "spans; its log names them, and so does \"spanlog verify\" on the stopped store"
      ]
  }

  /// What a server tells of its files: the first of so many.
  init(texts: [String], count: UInt64) {
    mayHideSpans = count > 0
    let leftOut = count - min(count, UInt64(texts.count))
    self.texts = texts + (leftOut > 0 ? ["\(leftOut) more damages: see the server's log"] : [])
  }

  init(_ damages: [Damage]) {
    mayHideSpans = damages.contains { $0.extent != .nothing && $0.extent != .body }
    var texts = damages.prefix(Self.toldCountMax).map(\.description)
    if damages.count > texts.count {
      texts.append("\(damages.count - texts.count) more damages: run \"spanlog verify\" to see them")
    }
    self.texts = texts
  }

  /// Warns of each.
  func tell() {
    for text in texts { StandardError.line("Warning: \(text)") }
  }
}
