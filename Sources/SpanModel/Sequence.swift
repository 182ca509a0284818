/// The store-wide number of a record; never reused.
package struct RecordSequence: Hashable, Comparable, Sendable {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (left: RecordSequence, right: RecordSequence) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// The store-wide number of a segment; never reused. File names end in it.
package struct SegmentSequence: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (left: SegmentSequence, right: SegmentSequence) -> Bool {
    left.rawValue < right.rawValue
  }

  /// 16 hex digits: names sort as numbers do, and `UInt64.max` fits.
  package var description: String { hexDigits(of: rawValue) }
}
