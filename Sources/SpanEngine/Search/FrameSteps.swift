internal import SpanModel
internal import SpanWire

/// Goes from frame to frame of a log segment, up to what may be read of it at the moment; more may come.
struct FrameSteps {
  private let segment: Segment
  /// Where the next frame begins.
  private(set) var position = UInt64(SegmentHeader.pageByteCount)
  private var head = [UInt8](repeating: 0, count: FrameHeader.byteCount)

  init(_ segment: Segment) { self.segment = segment }

  /// Where the next frame's first record begins, and how many it has; `nil` when no more may be read.
  mutating func next() throws(StoreError) -> (firstRecord: UInt64, recordCount: Int)? {
    guard position < segment.readableEnd else { return nil }
    let header = try header()
    let first = position + UInt64(FrameHeader.byteCount)
    position += header.alignedByteCount
    return (first, Int(header.recordCount))
  }

  private mutating func header() throws(StoreError) -> FrameHeader {
    let (segment, position) = (segment, position)
    var outcome: Result<FrameHeader, StoreError>?
    head.withUnsafeMutableBytes { head in
      do throws(StoreError) {
        try segment.read(into: head, at: position)
        outcome = .success(try Self.decode(UnsafeRawBufferPointer(head), segment, position))
      } catch {
        outcome = .failure(error)
      }
    }
    guard let outcome else { preconditionFailure("the closure was not called") }
    return try outcome.get()
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer, _ segment: Segment, _ position: UInt64)
    throws(StoreError) -> FrameHeader
  {
    do throws(FormatError) {
      return try FrameHeader(decoding: bytes, salt: segment.header.salt, position: position)
    } catch {
      let byteCount = segment.readableEnd - position
      throw .corrupt(
        segment.damage(at: position, byteCount: byteCount, .frames, "a frame's header: \(error)"))
    }
  }
}
