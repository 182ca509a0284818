/// A header after which the place of the next frame is unknown or not worth reaching: the connection ends.
package enum RPCFrameError: Error, Equatable, Sendable {
  /// `length` does not cover the eight bytes of header that it counts.
  case lengthTooSmall(length: UInt32)
  /// The body is larger than the reader takes.
  case bodyTooLarge(requestID: UInt32, byteCount: Int, byteCountMax: Int)

  /// The request whose frame it is; 0 when that is unknown.
  package var requestID: UInt32 {
    if case .bodyTooLarge(let requestID, _, _) = self { requestID } else { 0 }
  }
}

extension RPCFrameError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .lengthTooSmall(let length):
      "a frame's length is \(length), at least \(RPCFrameHeader.countedByteCount) is required"
    case .bodyTooLarge(_, let byteCount, let byteCountMax):
      "a frame's body has \(byteCount) bytes, at most \(byteCountMax) are taken"
    }
  }
}
