internal import SpanModel
internal import SpanWire

/// What must be true of the tags in a row group, or in a run of records, so that a predicate can be true of
/// one of its spans.
indirect enum TagCondition {
  /// Nothing is known beforehand.
  case always
  case never
  /// One of these tags is there.
  case anyTag([UInt64])
  /// It is one of these row groups.
  case rowGroups(Range<Int>)
  case all([TagCondition])
  case any([TagCondition])

  /// - Parameters:
  ///   - filter: of the tags there; `nil` when it is not known.
  ///   - rowGroup: its number; `nil` of a run.
  func mayHold(_ filter: TagFilter?, rowGroup: Int?) -> Bool {
    switch self {
    case .always: true
    case .never: false
    case .anyTag(let tags): filter.map { filter in tags.contains { filter.mayContain($0) } } ?? true
    case .rowGroups(let range): rowGroup.map { range.contains($0) } ?? true
    case .all(let parts): parts.allSatisfy { $0.mayHold(filter, rowGroup: rowGroup) }
    case .any(let parts): parts.contains { $0.mayHold(filter, rowGroup: rowGroup) }
    }
  }
}

extension TagCondition {
  /// Of a run of records, whose filter has the attributes of envelopes as if they were its spans' own.
  init(_ predicate: SpanPredicate, _ hash: TagHash) {
    self.init(predicate, hash) { condition in
      switch condition {
      case .service(let name): .anyTag([hash.tag(text: name, key: SpanPredicate.serviceKey)])
      default: .never
      }
    } rowGroups: {
      _ in
      .always
    }
  }

  /// - Parameters:
  ///   - envelope: what a condition on a service or an attribute asks for, as far as envelopes fulfil it.
  ///   - rowGroups: where a trace is.
  init(
    _ predicate: SpanPredicate, _ hash: TagHash, envelope: (SpanPredicate) -> TagCondition,
    rowGroups: (TraceID) -> TagCondition
  ) {
    switch predicate {
    case .and(let parts):
      self = .all(parts.map { TagCondition($0, hash, envelope: envelope, rowGroups: rowGroups) })
    case .or(let parts):
      self = .any(parts.map { TagCondition($0, hash, envelope: envelope, rowGroups: rowGroups) })
    case .service: self = envelope(predicate)
    case .name(let name): self = .anyTag([hash.tag(name: name)])
    case .isError: self = .anyTag([hash.errorTag])
    case .trace(let traceID): self = rowGroups(traceID)
    case .attribute(_, let key, let comparison, let value):
      let tag = comparison == .equal ? hash.tag(value, key: key) : hash.tag(key: key)
      self = .any([.anyTag([tag]), envelope(predicate)])
    case .hasAttribute(_, let key): self = .any([.anyTag([hash.tag(key: key)]), envelope(predicate)])
    case .not, .duration, .kind, .sampled: self = .always
    }
  }
}

extension TagHash {
  fileprivate func tag(_ value: AttributeValue, key: String) -> UInt64 {
    switch value {
    case .string(let text): tag(text: text, key: key)
    case .int(let number): tag(int: number, key: key)
    case .double(let number): tag(double: number, key: key)
    case .bool(let isTrue): tag(bool: isTrue, key: key)
    }
  }
}
