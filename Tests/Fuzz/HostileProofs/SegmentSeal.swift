internal import SpanWire

/// Computes the checksums of a damaged segment again, from the pages up to the chain of frames.
struct SegmentSeal {
  /// Which of them, as a byte of the input chose: all, or all but a layer.
  let layers: UInt8
  private let pages: UInt8 = 1
  private let records: UInt8 = 2
  private let chain: UInt8 = 4
  private let segment: UInt8 = 8

  func seal(_ bytes: inout [UInt8], frames: [SmallStore.Frame]) {
    guard bytes.count >= SegmentHeader.pageByteCount else { return }
    bytes.withUnsafeMutableBytes { file in
      // SAFETY: the file has a header page, by the comparison before.
      let start = file.baseAddress!
      if layers & segment != 0 {
        for copy in [0, SegmentHeader.byteCount] {
          let covered = UnsafeRawBufferPointer(start: start + copy, count: 2044)
          start.storeLittleEndian(CRC32C.checksum(covered), at: copy + 2044)
        }
      }
      let raw = UnsafeRawPointer(start)
      let salt = FileSalt(high: raw.littleEndian(at: 56), low: raw.littleEndian(at: 64))
      seal(frames, in: file, salt)
    }
  }

  private func seal(_ frames: [SmallStore.Frame], in file: UnsafeMutableRawBufferPointer, _ salt: FileSalt) {
    var previous: UInt32 = 0
    for frame in frames where frame.position + FrameHeader.byteCount <= file.count {
      var recordsChecksum: UInt32 = 0
      for record in frame.records where record.position + RecordHeader.byteCount <= file.count {
        seal(recordAt: record.position, in: file, salt)
        let checksum = UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(file)[record.position + 92..<record.position + 96])
        recordsChecksum = CRC32C.checksum(checksum, continuing: recordsChecksum)
      }
      guard layers & chain != 0, let start = file.baseAddress.map({ $0 + frame.position }) else { continue }
      start.storeLittleEndian(previous, at: 68)
      start.storeLittleEndian(recordsChecksum, at: 72)
      previous =
        CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: 124))
        ^ salt.mask(at: UInt64(frame.position))
      start.storeLittleEndian(previous, at: 124)
    }
  }

  private func seal(recordAt position: Int, in file: UnsafeMutableRawBufferPointer, _ salt: FileSalt) {
    guard let base = file.baseAddress else { return }
    let start = base + position
    let raw = UnsafeRawPointer(start)
    let layout = RecordLayout(
      bodyByteCount: Int(raw.littleEndian(at: 32, as: UInt32.self)),
      directoryByteCount: DirectoryCounts(
        traces: raw.littleEndian(at: 48), spans: raw.littleEndian(at: 40), scopes: raw.littleEndian(at: 52),
        resources: raw.littleEndian(at: 56), pieces: raw.littleEndian(at: 60),
        sourceRanges: raw.littleEndian(at: 6)
      ).directoryByteCount,
      isAligned: raw.littleEndian(at: 2, as: UInt16.self) & 1 != 0, at: UInt64(position))
    if layers & pages != 0, position + layout.bodyPosition <= file.count {
      sealPages(layout, at: position, in: file, salt)
    }
    guard layers & records != 0 else { return }
    let checksum =
      CRC32C.checksum(UnsafeRawBufferPointer(start: start, count: 92)) ^ salt.mask(at: UInt64(position))
    start.storeLittleEndian(checksum, at: 92)
  }

  private func sealPages(
    _ layout: RecordLayout, at position: Int, in file: UnsafeMutableRawBufferPointer, _ salt: FileSalt
  ) {
    let bytes = UnsafeRawBufferPointer(file)
    let table = position + layout.tablePosition
    for page in 0..<layout.pageCount {
      let isOfBody = page < layout.bodyPageCount
      let inPart = (isOfBody ? page : page - layout.bodyPageCount) * RecordLayout.pageByteCount
      let start = position + (isOfBody ? layout.bodyPosition : layout.directoryPosition) + inPart
      let count = min(
        RecordLayout.pageByteCount, (isOfBody ? layout.bodyByteCount : layout.directoryByteCount) - inPart)
      guard start + count <= file.count else { continue }
      let covered = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
      let checksum = CRC32C.checksum(covered) ^ salt.mask(at: UInt64(start))
      file.storeBytes(
        of: checksum.littleEndian, toByteOffset: table + page * RecordLayout.checksumByteCount,
        as: UInt32.self)
    }
    let covered = UnsafeRawBufferPointer(rebasing: bytes[table..<table + layout.tableByteCount])
    let checksum = CRC32C.checksum(covered) ^ salt.mask(at: UInt64(table))
    file.storeBytes(of: checksum.littleEndian, toByteOffset: position + 64, as: UInt32.self)
  }
}
