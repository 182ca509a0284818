/// A segment that frames are appended to, what they are written through, and its index.
///
/// Readers go through the page cache and the writer past it. They share no page: frames begin at multiples of
/// one, a frame is read only when it is written, and nothing is read ahead. Of a file that is used again,
/// pages of its earlier life may be cached: the kernel drops them when they are written over (decision 0006).
struct ActiveSegment: Sendable {
  let segment: Segment
  /// Closed when the lane goes on in another file.
  let output: File
  let index: TraceIndex
}
