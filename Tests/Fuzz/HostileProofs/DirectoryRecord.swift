internal import SpanEngine
internal import SpanModel
internal import SpanTestKit
internal import SpanWire

/// One record in one frame of one segment, put together from a body and any directory.
struct DirectoryRecord {
  /// Room for what a script adds.
  private static let directoryByteCountMax = 3000

  private(set) var counts: DirectoryCounts
  private var directory: [UInt8]
  private let body: [UInt8]
  private let store: SmallStore
  private let header: SegmentHeader

  init() throws {
    store = try SmallStore(.killed)
    var generator = RequestGenerator(seed: 3)
    body = generator.request().bytes
    header = try store.bytes.withUnsafeBytes { try SegmentHeader(decoding: $0) }
    var batch = SpanBatch()
    try body.withUnsafeBytes { try batch.scan($0) }
    var builder = DirectoryBuilder(hashKey: HashKey(high: 1, low: 2))
    counts = builder.group(batch)
    directory = [UInt8](repeating: 0, count: counts.directoryByteCount)
    // SAFETY: a request with spans has a directory, and the array is as long as it.
    directory.withUnsafeMutableBytes { builder.encode(batch, counts: counts, to: $0.baseAddress!) }
  }

  var bodyByteCount: Int { body.count }
  var position: UInt64 { UInt64(SegmentHeader.pageByteCount + FrameHeader.byteCount) }

  // MARK: Entries, read by other means than the engine's

  func trace(_ number: UInt32) -> DirectoryTrace? {
    guard number < counts.traces else { return nil }
    let trace = entry(Int(number) * DirectoryCounts.traceByteCount) { DirectoryTrace(decoding: $0) }
    return UInt64(trace.firstSpan) + UInt64(trace.spanCount) <= UInt64(counts.spans) ? trace : nil
  }

  func span(_ number: UInt32) -> DirectorySpan? {
    guard number < counts.spans else { return nil }
    return entry(counts.spanTablePosition + Int(number) * DirectoryCounts.spanByteCount) {
      DirectorySpan(decoding: $0)
    }
  }

  private func entry<Entry>(_ position: Int, _ decode: (UnsafeRawPointer) -> Entry) -> Entry {
    directory.withUnsafeBytes { bytes in
      // SAFETY: the number is below the table's count, so the entry is within the directory.
      decode(bytes.baseAddress! + position)
    }
  }

  func body(_ slice: Slice) -> [UInt8]? {
    let end = Int(slice.position) + Int(slice.byteCount)
    return end <= body.count ? Array(body[Int(slice.position)..<end]) : nil
  }

  // MARK: Damage

  mutating func edit(_ script: inout ScriptReader) {
    switch script.byte() % 4 {
    case 0:
      let place = directory.isEmpty ? 0 : script.number() % directory.count
      for (number, byte) in script.bytes(script.choice(of: 24)).enumerated()
      where place + number < directory.count {
        directory[place + number] = byte
      }
    case 1, 2:
      // Fields are four bytes wide.
      let place = directory.isEmpty ? 0 : script.number() % directory.count / 4 * 4
      let value = script.value()
      for number in 0..<4 where place + number < directory.count {
        directory[place + number] = UInt8(truncatingIfNeeded: value >> UInt64(8 * number))
      }
    default: changeCounts(&script)
    }
  }

  private mutating func changeCounts(_ script: inout ScriptReader) {
    var changed = counts
    let count = UInt32(script.byte())
    switch script.byte() % 6 {
    case 0: changed.traces = count
    case 1: changed.spans = count
    case 2: changed.scopes = count
    case 3: changed.resources = count
    case 4: changed.pieces = count
    default: changed.sourceRanges = UInt16(count)
    }
    guard changed.directoryByteCount <= Self.directoryByteCountMax else { return }
    counts = changed
    let added = counts.directoryByteCount - directory.count
    if added > 0 { directory += [UInt8](repeating: 1, count: added) } else { directory.removeLast(-added) }
  }

  // MARK: The file

  /// The disk on which the record is the only one of the only segment.
  func disk() -> SimulatedDisk {
    let layout = RecordLayout(
      bodyByteCount: body.count, directoryByteCount: directory.count, isAligned: false, at: position)
    let frameByteCount = FrameHeader.alignedByteCount(payload: UInt64(layout.byteCount))
    var file = Array(store.bytes[..<SegmentHeader.pageByteCount])
    file += [UInt8](repeating: 0, count: Int(frameByteCount))
    let record = Int(position)
    file.replaceSubrange(record + layout.bodyPosition..<record + layout.bodyPosition + body.count, with: body)
    let start = record + layout.directoryPosition
    file.replaceSubrange(start..<start + directory.count, with: directory)
    file.withUnsafeMutableBytes { encodeHeaders(layout, in: $0) }
    SegmentSeal(layers: 7).seal(&file, frames: [frame(layout)])
    return store.disk(withSegment: file)
  }

  private func frame(_ layout: RecordLayout) -> SmallStore.Frame {
    let record = SmallStore.Record(position: Int(position), header: recordHeader)
    return SmallStore.Frame(
      position: SegmentHeader.pageByteCount, header: frameHeader(layout), records: [record])
  }

  private var recordHeader: RecordHeader {
    RecordHeader(
      kind: .request, rulesVersion: 1, sequence: RecordSequence(1), arrival: Timestamp(nanoseconds: 1),
      tenant: 0,
      partition: 0, bodyByteCount: UInt32(body.count), distanceInFrame: UInt32(FrameHeader.byteCount),
      rejectedSpanCount: 0, counts: counts, tableChecksum: 0)
  }

  private func frameHeader(_ layout: RecordLayout) -> FrameHeader {
    FrameHeader(
      segment: store.segment, number: 1, payloadByteCount: UInt64(layout.byteCount), durableUpTo: 4096,
      time: Timestamp(nanoseconds: 1), firstSequence: RecordSequence(1), recordCount: 1, previousChecksum: 0,
      recordsChecksum: 0)
  }

  /// Without their checksums, which the seal computes.
  private func encodeHeaders(_ layout: RecordLayout, in file: UnsafeMutableRawBufferPointer) {
    var frame = frameHeader(layout)
    var record = recordHeader
    // SAFETY: the file has a header page, a frame's header and a record's.
    let start = file.baseAddress!
    frame.encode(
      to: start + SegmentHeader.pageByteCount, salt: header.salt,
      position: UInt64(SegmentHeader.pageByteCount))
    record.encode(to: start + Int(position), salt: header.salt, position: position)
  }
}
