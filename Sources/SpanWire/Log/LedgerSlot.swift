package import SpanModel

/// One of the 128 slots of a lane's ledger: how far a segment was durable, as of its last sync.
///
///     byte 0                  8               16             24       28
///          ┌──────────────────┬───────────────┬──────────────┬────────┬──────────┐
///          │ segment sequence │ durable up to │ frame number │ zeroes │ checksum │
///          └──────────────────┴───────────────┴──────────────┴────────┴──────────┘
///
/// Slots are written in turn after each sync and not synced themselves: after `kill -9` the newest is exact,
/// after loss of power it is a lower bound. A slot whose checksum fails says nothing. The checksum is CRC-32C
/// continued from that of the 16 bytes of the store id, so another store's ledger says nothing either.
package struct LedgerSlot: Equatable, Sendable {
  package static let byteCount = 32
  package static let slotCount = 128
  package static let ledgerByteCount = byteCount * slotCount

  package var segment: SegmentSequence
  package var durableUpTo: UInt64
  package var frameNumber: UInt64

  package init(segment: SegmentSequence, durableUpTo: UInt64, frameNumber: UInt64) {
    self.segment = segment
    self.durableUpTo = durableUpTo
    self.frameNumber = frameNumber
  }

  /// Where in the ledger the slot stands that is written after the frame with this number.
  package var position: UInt64 { frameNumber % UInt64(Self.slotCount) * UInt64(Self.byteCount) }

  package func encode(to bytes: UnsafeMutableRawPointer, storeID: StoreID) {
    bytes.storeLittleEndian(segment.rawValue, at: 0)
    bytes.storeLittleEndian(durableUpTo, at: 8)
    bytes.storeLittleEndian(frameNumber, at: 16)
    bytes.storeLittleEndian(UInt32(0), at: 24)
    bytes.storeLittleEndian(Self.checksum(of: bytes, storeID: storeID), at: 28)
  }

  /// - Returns: `nil` when the slot was never written or is damaged.
  package init?(decoding bytes: UnsafeRawPointer, storeID: StoreID) {
    guard bytes.littleEndian(at: 28) == Self.checksum(of: bytes, storeID: storeID) else { return nil }
    guard bytes.littleEndian(at: 24, as: UInt32.self) == 0 else { return nil }
    segment = SegmentSequence(bytes.littleEndian(at: 0))
    durableUpTo = bytes.littleEndian(at: 8)
    frameNumber = bytes.littleEndian(at: 16)
    guard durableUpTo > 0 else { return nil }
  }

  private static func checksum(of bytes: UnsafeRawPointer, storeID: StoreID) -> UInt32 {
    var name: (UInt64, UInt64) = (storeID.high.bigEndian, storeID.low.bigEndian)
    let seed = withUnsafeBytes(of: &name) { CRC32C.checksum($0) }
    return CRC32C.checksum(UnsafeRawBufferPointer(start: bytes, count: 28), continuing: seed)
  }
}
