/// How a stream of bytes is compressed.
package enum Compression: String, Hashable, Sendable, CaseIterable {
  case none
  /// RFC 1952; one or more members, one behind the other.
  case gzip
  /// RFC 8878; one or more frames, skippable ones among them.
  case zstd

  /// How many bytes tell the formats apart.
  static let magicByteCount = 4

  /// Tells by the first bytes of a stream; what neither format begins with is taken as it is.
  ///
  /// A length-delimited OTLP file is never mistaken: behind a length below 128, as `1f` and `28` are, comes
  /// the tag `0a` of a request's first field, and no magic goes on with that.
  ///
  /// - Parameter start: the first four bytes, or all there are of a shorter stream.
  package init(detecting start: UnsafeRawBufferPointer) {
    if start.starts(with: [0x1f, 0x8b]) {
      self = .gzip
    } else if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) || Self.isSkippableFrame(start) {
      self = .zstd
    } else {
      self = .none
    }
  }

  /// The magic numbers `184d2a50` to `184d2a5f`, little-endian.
  private static func isSkippableFrame(_ start: UnsafeRawBufferPointer) -> Bool {
    start.count >= 4 && start[0] & 0xf0 == 0x50 && start[1...3].elementsEqual([0x2a, 0x4d, 0x18])
  }
}
