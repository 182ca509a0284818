package import SpanModel

/// Where the valid frames of a file ended that a crash left without a closing frame, as the next file of the
/// store remembers it: so that the file cannot lose frames later and still pass for a torn tail.
///
///     byte 0         8     16               20       24
///          ┌─────────┬─────┬────────────────┬────────┐
///          │ segment │ end │ frame checksum │ zeroes │
///          └─────────┴─────┴────────────────┴────────┘
package struct RecoveredTail: Equatable, Sendable {
  package static let byteCount = 24
  /// At its end.
  static let unusedByteCount = 4

  package let segment: SegmentSequence
  package let end: UInt64
  /// Header checksum of the file's last frame; zero when it has none.
  package let frameChecksum: UInt32

  package init(segment: SegmentSequence, end: UInt64, frameChecksum: UInt32) {
    self.segment = segment
    self.end = end
    self.frameChecksum = frameChecksum
  }

  package init(decoding bytes: UnsafeRawPointer) {
    segment = SegmentSequence(bytes.littleEndian(at: 0))
    end = bytes.littleEndian(at: 8)
    frameChecksum = bytes.littleEndian(at: 16)
  }

  package func encode(to bytes: UnsafeMutableRawPointer) {
    bytes.storeLittleEndian(segment.rawValue, at: 0)
    bytes.storeLittleEndian(end, at: 8)
    bytes.storeLittleEndian(frameChecksum, at: 16)
    bytes.storeLittleEndian(UInt32(0), at: 20)
  }
}
