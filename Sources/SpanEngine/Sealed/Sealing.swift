internal import SpanModel
internal import SpanWire

/// One full log segment while it is sealed.
struct Sealing {
  private let segment: Segment
  private let sealer: Sealer
  private let source: SealSource
  /// Whether all of the file is in memory: then one pass takes all spans of an owner.
  private let holdsFile: Bool
  private let heldByteCountMax: UInt64
  private let byteCount: UInt64

  init(_ segment: Segment, byteCount: UInt64, _ sealer: Sealer, _ memory: SealMemory) throws(FileError) {
    self.segment = segment
    self.sealer = sealer
    self.byteCount = byteCount
    let room = memory.room(for: segment.fileByteCount)
    holdsFile = room != nil
    heldByteCountMax = memory.byteCountMax
    source = try SealSource(
      segment, SegmentFile(segment, in: sealer.directory), hash: TraceIDHash(key: sealer.identity.hashKey),
      memory: room)
  }

  /// Writes a sealed segment for each owner, durably, and under temporary names.
  ///
  /// Most files have one owner, so all records are taken to be of the first one's until one is not: only then
  /// it is looked for what there is.
  ///
  /// - Returns: `false` when there are more owners than a segment can have.
  func write(_ only: SealSource.Share?, _ commit: inout SealCommit) throws -> Bool {
    if let only {
      _ = try write(only, &commit)
      return true
    }
    let all = SealSource.Share(
      owner: try source.firstOwner() ?? RecordOwner(), byteCount: byteCount, positions: nil)
    if try write(all, &commit) { return true }
    let shares = try source.shares()
    guard shares.count <= RecordOwner.countMaxOfSegment else { return false }
    for share in shares { _ = try write(share, &commit) }
    return true
  }

  /// - Returns: `false` when the share was taken to be all there is, and is not; nothing is left of it.
  private func write(_ share: SealSource.Share, _ commit: inout SealCommit) throws -> Bool {
    let sequence = try sealer.sequences.takeSegment()
    let storeID = sealer.identity.storeID
    var footer = SealedFooter(storeID: storeID, sequence: sequence, hashKey: sealer.identity.hashKey)
    footer.tenant = share.owner.tenant
    footer.partition = share.owner.partition
    let writer = try SealedWriter(FileName.sealed(storeID, sequence), in: sealer.directory)
    do {
      let encoder = SegmentEncoder(footer, options: sealer.options) { try writer.append($0) }
      encoder.supersedes = [
        SupersededSegment(log: segment.sequence, lane: segment.header.lane, of: segment.header.storeID)
      ]
      guard try fill(encoder, from: share) else {
        writer.discard()
        return false
      }
      try writer.finish(try encoder.finish())
    } catch {
      writer.discard()
      throw error
    }
    commit.add(sequence)
    return true
  }

  private func fill(_ encoder: SegmentEncoder, from share: SealSource.Share) throws -> Bool {
    let passCount =
      holdsFile ? 1 : max(1, (share.byteCount + heldByteCountMax - 1) / heldByteCountMax)
    let range = UInt64.max / passCount
    for pass in 0..<passCount {
      let first = pass * range + (pass > 0 ? 1 : 0)
      let last = pass + 1 == passCount ? UInt64.max : (pass + 1) * range
      guard try source.read(first...last, of: share, into: encoder) else { return false }
      try source.drain(into: encoder)
    }
    return true
  }
}
