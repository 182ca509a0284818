/// The flags of a frame. A bit without a name here must be zero.
package struct RPCFlags: OptionSet, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The body is its uncompressed size (u32) followed by one LZ4 block.
  package static let compressed = RPCFlags(rawValue: 1 << 0)
  /// More frames with this request id follow; only in answers.
  package static let moreFollows = RPCFlags(rawValue: 1 << 1)
  /// The answer may hold equal spans twice; only in answers to `ReadTrace`.
  package static let mayRepeat = RPCFlags(rawValue: 1 << 2)

  /// What a request may carry.
  package static let allowedInRequests: RPCFlags = .compressed
}
