internal import SpanModel
internal import SpanWire

/// Puts the frames of one file one behind the other: where the next stands, its number, and the checksum of the
/// one before.
struct FrameWriter: ~Copyable {
  /// Bytes written at once: larger frames go out in several writes.
  private static let stagingByteCount = 4 << 20

  let header: SegmentHeader
  /// Where the next frame will stand.
  private(set) var end = UInt64(SegmentHeader.pageByteCount)
  /// Frames written; the number of the last one.
  private(set) var frameCount: UInt64 = 0
  private var previousChecksum: UInt32 = 0
  /// Frames are put together here: direct writes need one aligned run, and copying costs a hundredth of what
  /// fresh pages of the page cache cost.
  private let staging = UnsafeMutableRawBufferPointer.allocate(
    byteCount: stagingByteCount, alignment: Int(FrameHeader.alignment))
  private var stagedByteCount = 0
  /// Where what is staged will stand.
  private var stagedPosition: UInt64 = 0
  private var pieces: [UnsafeRawBufferPointer] = []

  init(_ header: SegmentHeader) { self.header = header }

  deinit { staging.deallocate() }

  /// Writes one frame with these records behind the last, unsynced.
  ///
  /// - Returns: where each record's header stands.
  mutating func write(
    _ appends: ArraySlice<PreparedAppend>, to file: File, firstSequence: RecordSequence,
    durableUpTo: UInt64, time: Timestamp, flags: FrameHeader.Flags
  ) throws(FileError) -> [UInt64] {
    var places: [UInt64] = []
    places.reserveCapacity(appends.count)
    var recordsChecksum: UInt32 = 0
    var next = end + UInt64(FrameHeader.byteCount)
    var sequence = firstSequence
    for append in appends {
      var checksum = append.place(at: next, inFrameAt: end, sequence: sequence, salt: header.salt)
        .littleEndian
      recordsChecksum = withUnsafeBytes(of: &checksum) { CRC32C.checksum($0, continuing: recordsChecksum) }
      places.append(next)
      next += UInt64(append.byteCount)
      sequence = RecordSequence(sequence.rawValue + 1)
    }
    var frame = FrameHeader(
      flags: flags, segment: header.sequence, number: frameCount + 1,
      payloadByteCount: next - end - UInt64(FrameHeader.byteCount), durableUpTo: durableUpTo, time: time,
      firstSequence: firstSequence, recordCount: UInt32(appends.count), previousChecksum: previousChecksum,
      recordsChecksum: recordsChecksum)
    stagedPosition = end
    stagedByteCount = FrameHeader.byteCount
    // SAFETY: the buffer is far larger than a header.
    frame.encode(to: staging.baseAddress!, salt: header.salt, position: end)
    for append in appends { try stage(append, file) }
    try writeStaged(paddedTo: Int(FrameHeader.alignment), file)
    end += frame.alignedByteCount
    frameCount += 1
    previousChecksum = frame.checksum
    return places
  }

  private mutating func stage(_ append: PreparedAppend, _ file: File) throws(FileError) {
    pieces.removeAll(keepingCapacity: true)
    append.appendPieces(to: &pieces)
    for piece in pieces {
      var rest = piece
      while !rest.isEmpty {
        let count = min(rest.count, staging.count - stagedByteCount)
        let place = UnsafeMutableRawBufferPointer(
          rebasing: staging[stagedByteCount..<stagedByteCount + count])
        place.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
        stagedByteCount += count
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        if stagedByteCount == staging.count { try writeStaged(paddedTo: 1, file) }
      }
    }
  }

  /// Writes what is staged, and zeroes behind it up to a multiple of `alignment`.
  private mutating func writeStaged(paddedTo alignment: Int, _ file: File) throws(FileError) {
    let byteCount = (stagedByteCount + alignment - 1) / alignment * alignment
    guard byteCount > 0 else { return }
    let padding = UnsafeMutableRawBufferPointer(rebasing: staging[stagedByteCount..<byteCount])
    padding.initializeMemory(as: UInt8.self, repeating: 0)
    try file.write(
      [UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(staging)[..<byteCount])], at: stagedPosition)
    stagedPosition += UInt64(byteCount)
    stagedByteCount = 0
  }

  /// Bytes of a frame with records of `payloadByteCount` together.
  static func byteCount(payload payloadByteCount: Int) -> UInt64 {
    FrameHeader.alignedByteCount(payload: UInt64(payloadByteCount))
  }
}
