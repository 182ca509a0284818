internal import SpanModel
internal import SpanWire

/// Puts the frames of one file one behind the other: where the next stands, its number, and the checksum of
/// the one before; and sums up what is in them.
struct FrameWriter {
  let header: SegmentHeader
  /// Where the next frame will stand, how many there are, and what is in them.
  private(set) var summary = IndexHeader.Summary()
  private let staging: FrameStaging
  private var stagedByteCount = 0
  /// Where what is staged will stand.
  private var stagedPosition: UInt64 = 0

  init(_ header: SegmentHeader, _ staging: FrameStaging) {
    self.header = header
    self.staging = staging
    summary.end = UInt64(SegmentHeader.pageByteCount)
  }

  var end: UInt64 { summary.end }
  var frameCount: UInt64 { summary.frameCount }

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
      firstSequence: firstSequence, recordCount: UInt32(appends.count),
      previousChecksum: summary.lastChecksum, recordsChecksum: recordsChecksum)
    stagedPosition = end
    stagedByteCount = FrameHeader.byteCount
    // SAFETY: the buffer is far larger than a header.
    frame.encode(to: staging.bytes.baseAddress!, salt: header.salt, position: end)
    for append in appends { try stage(append, file) }
    try writeStaged(paddedTo: Int(FrameHeader.alignment), file)
    add(frame, appends, nextSequence: sequence)
    return places
  }

  private mutating func add(
    _ frame: FrameHeader, _ appends: ArraySlice<PreparedAppend>, nextSequence: RecordSequence
  ) {
    summary.end += frame.alignedByteCount
    summary.frameCount += 1
    summary.lastChecksum = frame.checksum
    summary.isClosed = frame.flags.contains(.closing)
    summary.nextSequence = nextSequence
    for append in appends {
      summary.requestCount += 1
      summary.spanCount += UInt64(append.acceptedSpanCount)
      summary.rejectedSpanCount += UInt64(append.rejectedSpanCount)
    }
  }

  private mutating func stage(_ append: PreparedAppend, _ file: File) throws(FileError) {
    try stage(append.headBytes, file)
    try stage(append.bodyBytes, file)
    try stage(append.directoryBytes, file)
  }

  private mutating func stage(_ piece: UnsafeRawBufferPointer, _ file: File) throws(FileError) {
    var rest = piece
    while !rest.isEmpty {
      let count = min(rest.count, staging.bytes.count - stagedByteCount)
      let place = UnsafeMutableRawBufferPointer(
        rebasing: staging.bytes[stagedByteCount..<stagedByteCount + count])
      place.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
      stagedByteCount += count
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      if stagedByteCount == staging.bytes.count { try writeStaged(paddedTo: 1, file) }
    }
  }

  /// Writes what is staged, and zeroes behind it up to a multiple of `alignment`.
  private mutating func writeStaged(paddedTo alignment: Int, _ file: File) throws(FileError) {
    let byteCount = (stagedByteCount + alignment - 1) / alignment * alignment
    guard byteCount > 0 else { return }
    let padding = UnsafeMutableRawBufferPointer(rebasing: staging.bytes[stagedByteCount..<byteCount])
    padding.initializeMemory(as: UInt8.self, repeating: 0)
    try file.write(
      UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(staging.bytes)[..<byteCount]),
      at: stagedPosition)
    stagedPosition += UInt64(byteCount)
    stagedByteCount = 0
  }

  /// Bytes of a frame with records of `payloadByteCount` together.
  static func byteCount(payload payloadByteCount: Int) -> UInt64 {
    FrameHeader.alignedByteCount(payload: UInt64(payloadByteCount))
  }
}
