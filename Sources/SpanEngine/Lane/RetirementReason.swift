/// Why a segment goes.
package enum RetirementReason: Equatable, Sendable {
  /// The store has as many bytes as it may.
  case room
  /// Its newest record arrived longer ago than anything is kept.
  case age
  /// It had tombstones alone, which hide nothing any more or stand in another file.
  case tombstones
}

extension RetirementReason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .room: "the store has as many bytes as it may"
    case .age: "all of it is older than what is kept"
    case .tombstones: "its tombstones are needed no more, or in another file"
    }
  }
}
