/// Memory in which a lane puts its frames together: direct writes need one aligned run, and copying costs a
/// hundredth of what fresh pages of the page cache cost.
final class FrameStaging {
  /// Bytes written at once: larger frames go out in several writes.
  static let byteCount = 4 << 20

  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)

  deinit { bytes.deallocate() }
}
