package import SpanModel
package import SpanWire
internal import Synchronization
internal import SystemPackage

/// One file of frames: the active segment of a lane, or a full one.
///
/// One thread appends; any thread reads what is below `readableEnd`.
package final class Segment: @unchecked Sendable {
  // SAFETY: all but the atomics is constant.

  package let name: String
  package let header: SegmentHeader
  let file: File
  /// Bytes it takes on the disk.
  package let fileByteCount: UInt64
  /// As far as was known when it was made or found: none of its requests has a lower sequence.
  private let knownSequenceStart: RecordSequence
  /// Nothing that stands in the file, in this life of it or an earlier one, came in a record with a lower
  /// sequence.
  let bytesStart: RecordSequence
  /// All damage that was found when opening. A segment with any is read in full each time the store is
  /// opened.
  package let damages: [Damage]
  /// Where the last frame that may be read ends.
  private let end: Atomic<UInt64>
  private let full: Atomic<Bool>
  private let unsealable = Atomic<Bool>(false)
  // SAFETY: written once before `full` is stored with release order, read only after it was loaded.
  private var fullSummary: IndexHeader.Summary?

  init(
    name: String, header: SegmentHeader, file: File, fileByteCount: UInt64, readableEnd: UInt64,
    summary: IndexHeader.Summary? = nil, damages: [Damage] = [],
    sequenceStart: RecordSequence = RecordSequence(0), bytesStart: RecordSequence? = nil
  ) {
    self.name = name
    self.header = header
    self.file = file
    self.fileByteCount = fileByteCount
    self.damages = damages
    knownSequenceStart = sequenceStart
    self.bytesStart = bytesStart ?? sequenceStart
    file.adviseRandomReads()
    end = Atomic(readableEnd)
    fullSummary = summary
    full = Atomic(summary != nil)
  }

  package var sequence: SegmentSequence { header.sequence }

  /// Everything below it is as durable as the store's mode promises.
  package var readableEnd: UInt64 { end.load(ordering: .acquiring) }

  func publish(readableEnd: UInt64) { end.store(readableEnd, ordering: .releasing) }

  package var isFull: Bool { full.load(ordering: .acquiring) }

  /// Nothing is appended from now on.
  func markFull(_ summary: IndexHeader.Summary) {
    precondition(!isFull, "a segment is full once")
    fullSummary = summary
    full.store(true, ordering: .releasing)
  }

  /// Whether it stays as it is, because something in it turned out to be damaged when it was to be sealed.
  var isUnsealable: Bool { unsealable.load(ordering: .acquiring) }

  func markUnsealable() { unsealable.store(true, ordering: .releasing) }

  /// What its index file says of it; `nil` while it is active.
  var summary: IndexHeader.Summary? { isFull ? fullSummary : nil }

  /// Above the sequences of all requests there are.
  static let noRequestSequence = RecordSequence(1 << 63)

  /// No request in it has a lower sequence: while it is active, none that it will ever have.
  var requestSequenceStart: RecordSequence {
    guard damages.isEmpty, let summary else { return knownSequenceStart }
    return summary.requestCount == 0 ? Self.noRequestSequence : summary.firstSequence
  }

  /// Above the sequences of all its records, once it is full.
  package var sequenceEnd: RecordSequence? { summary?.nextSequence }

  /// Fills `buffer` from `position` on, as far as the file goes.
  ///
  /// - Returns: bytes read.
  func readPrefix(into buffer: UnsafeMutableRawBufferPointer, at position: UInt64) throws(StoreError) -> Int {
    do { return try file.read(into: buffer, at: position) } catch {
      guard error.isUnreadable else { throw .file(error) }
      throw .corrupt(
        damage(
          at: position, byteCount: UInt64(buffer.count), .record, FileError.unreadableReason))
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

  /// - Throws: `.corrupt` when the file ends before `position`.
  func checkReaches(_ position: UInt64) throws(StoreError) {
    let end: UInt64
    do { end = try file.byteCount() } catch { throw .file(error) }
    guard position <= end else {
      throw .corrupt(damage(at: end, byteCount: position - end, .record, "the file ends"))
    }
  }

  func damage(at position: UInt64, byteCount: UInt64, _ extent: Damage.Extent, _ reason: String) -> Damage {
    Damage(file: name, position: position, byteCount: byteCount, extent: extent, reason: reason)
  }
}
