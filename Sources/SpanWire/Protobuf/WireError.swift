/// Bytes from outside that are no protobuf, and where.
package struct WireError: Error, Equatable, Sendable {
  package enum Reason: Sendable {
    case truncated
    case varintTooLong
    case invalidTag
    case unbalancedGroup
    case groupTooDeep
  }

  package let reason: Reason
  /// Bytes from the start of the request to the value that could not be read.
  package let position: Int

  package init(_ reason: Reason, position: Int) {
    self.reason = reason
    self.position = position
  }
}

extension WireError: CustomStringConvertible {
  package var description: String {
    let cause =
      switch reason {
      case .truncated: "a field ends after the end of its message"
      case .varintTooLong: "a number is longer than 10 bytes"
      case .invalidTag: "a field has no valid number and wire type"
      case .unbalancedGroup: "a group ends that was not begun, or under another number"
      case .groupTooDeep: "messages and groups nest deeper than \(ProtobufCursor.nestingDepthMax)"
      }
    return "invalid protobuf at byte \(position): \(cause)"
  }
}
