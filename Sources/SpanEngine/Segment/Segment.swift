package import SpanModel
package import SpanWire
internal import Synchronization
internal import SystemPackage

/// One file of frames and its index: the active segment of a lane, or a full one.
///
/// One thread appends; any thread reads what is below `readableEnd` and in the index.
package final class Segment: @unchecked Sendable {
  package let name: String
  package let header: SegmentHeader
  let file: File
  package let index: TraceIndex
  /// Where the last frame that may be read ends.
  private let end: Atomic<UInt64>
  private let full = Atomic<Bool>(false)
  // SAFETY: set by recovery before the segment is shared, never after.
  package var damages: [Damage] = []

  init(name: String, header: SegmentHeader, file: File, index: TraceIndex, readableEnd: UInt64) {
    self.name = name
    self.header = header
    self.file = file
    file.adviseRandomReads()
    self.index = index
    end = Atomic(readableEnd)
  }

  package var sequence: SegmentSequence { header.sequence }

  /// Everything below it is as durable as the store's mode promises.
  package var readableEnd: UInt64 { end.load(ordering: .acquiring) }

  func publish(readableEnd: UInt64) { end.store(readableEnd, ordering: .releasing) }

  package var isFull: Bool { full.load(ordering: .relaxed) }
  func markFull() { full.store(true, ordering: .relaxed) }

  /// Fills `buffer` from `position` on, as far as the file goes.
  ///
  /// - Returns: bytes read.
  func readPrefix(into buffer: UnsafeMutableRawBufferPointer, at position: UInt64) throws(StoreError) -> Int {
    do { return try file.read(into: buffer, at: position) } catch {
      guard error.errno == .ioError else { throw .file(error) }
      throw .corrupt(
        damage(
          at: position, byteCount: UInt64(buffer.count), .record, "the device reports an input/output error"))
    }
  }

  /// Fills `buffer` from `position` on.
  ///
  /// - Throws: `.corrupt` when the file ends before.
  func read(into buffer: UnsafeMutableRawBufferPointer, at position: UInt64) throws(StoreError) {
    let count = try readPrefix(into: buffer, at: position)
    guard count == buffer.count else {
      throw .corrupt(
        damage(
          at: position + UInt64(count), byteCount: UInt64(buffer.count - count), .record, "the file ends"))
    }
  }

  func damage(at position: UInt64, byteCount: UInt64, _ extent: Damage.Extent, _ reason: String) -> Damage {
    Damage(file: name, position: position, byteCount: byteCount, extent: extent, reason: reason)
  }
}
