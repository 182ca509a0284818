/// A text that is no JSON, or not the JSON of the message it should be, and where.
package struct JSONError: Error, Equatable, Sendable {
  package enum Reason: Equatable, Sendable {
    case cutOff
    /// Something else should stand there.
    case expected(String)
    case invalidText
    case tooDeep
    case notHex
    case notBase64
    /// A number that is none, or outside of what the field holds.
    case number(String)
    case unknownName
    case tooLong
    case rest
  }

  package let reason: Reason
  /// Bytes from the start of the text.
  package let position: Int

  init(_ reason: Reason, position: Int) {
    self.reason = reason
    self.position = position
  }
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    switch reason {
    case .cutOff: "the text ends within a value"
    case .expected(let what): "\(what) should stand here"
    case .invalidText: "a text with an invalid escape, or that is no UTF-8"
    case .tooDeep: "values nest deeper than \(OTLPJSONDecoder.nestingDepthMax)"
    case .notHex: "an id that is not hex, two digits a byte"
    case .notBase64: "bytes that are not base64"
    case .number(let kind): "this is no \(kind), or too large for one"
    case .unknownName: "an enumeration has no such name"
    case .tooLong: "the message would be too long for protobuf"
    case .rest: "something follows the value"
    }
  }
}
