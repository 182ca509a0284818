/// A run of bytes in a file that are not what was written there.
package struct Damage: Error, Equatable, Sendable {
  /// What is lost with it.
  package enum Extent: Equatable, Sendable {
    /// One copy of something that stands twice, or bytes that nothing needs: nothing is lost.
    case nothing
    /// Whole frames: how many requests were in them is not known.
    case frames
    /// One record and all its traces.
    case record
    /// Pages of one record's body: the spans in them.
    case body
    /// The mark of a deleted trace: what it hid can be read again.
    case tombstone
    /// Pages of one record's directory: the way to some of its spans, which are whole.
    case directory
    /// A row group of a sealed segment: the spans in it.
    case rows
    /// A section of a sealed segment that others need.
    case section
    /// All of a sealed segment.
    case segment
  }

  /// Name of the file in the data directory.
  package let file: String
  package let position: UInt64
  package let byteCount: UInt64
  package let extent: Extent
  package let reason: String

  package init(file: String, position: UInt64, byteCount: UInt64, extent: Extent, reason: String) {
    self.file = file
    self.position = position
    self.byteCount = byteCount
    self.extent = extent
    self.reason = reason
  }
}

extension [Damage] {
  /// Appends `damage`, or lengthens the last one by it when that ends where this begins and is of its kind: a
  /// megabyte of zeroes is one damage, with the reason of its first page.
  mutating func appendMerging(_ damage: Damage) {
    guard let last, last.file == damage.file, last.extent == damage.extent,
      last.position &+ last.byteCount == damage.position, last.reasonKind == damage.reasonKind
    else { return append(damage) }
    self[endIndex - 1] = Damage(
      file: last.file, position: last.position, byteCount: last.byteCount + damage.byteCount,
      extent: last.extent, reason: last.reason)
  }
}

extension Damage {
  /// The reason up to its first number.
  fileprivate var reasonKind: Substring { reason.prefix { !$0.isNumber } }
}

extension Damage: CustomStringConvertible {
  package var description: String {
    let lost =
      switch extent {
      case .nothing: "nothing is lost"
      case .frames: "all requests in these bytes are lost"
      case .record: "this request is lost"
      case .body: "the spans in these bytes are lost"
      case .tombstone: "a trace that was deleted can be read again"
      case .directory: "the spans of its traces cannot be found"
      case .rows: "the spans in these bytes are lost"
      case .section: "what needs this section of the segment cannot be read"
      case .segment: "all spans of this segment are lost"
      }
    return "corrupt bytes in \(file) at position \(position), \(byteCount) bytes: \(reason); \(lost)"
  }
}
