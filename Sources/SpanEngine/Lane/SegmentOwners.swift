internal import SpanWire

/// Whose records a file has: no more owners than it can be sealed for.
struct SegmentOwners {
  private var owners: Set<RecordOwner> = []
  /// Nearly every record is of the same owner as the one before.
  private var last: RecordOwner?

  /// - Parameter owner: `nil` of records that are not sealed.
  /// - Returns: `false` when it would be one too many: then the next file is begun.
  mutating func add(_ owner: RecordOwner?) -> Bool {
    guard let owner, owner != last else { return true }
    guard owners.count < RecordOwner.countMaxOfSegment || owners.contains(owner) else { return false }
    owners.insert(owner)
    last = owner
    return true
  }
}
