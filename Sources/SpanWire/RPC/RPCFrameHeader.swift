/// The fixed 12 bytes in front of every body of the TCP RPC, in both directions.
///
///     byte 0        4         5        6         8            12
///          ┌────────┬─────────┬────────┬─────────┬────────────┬─ ─ ─ ─
///          │ length │ version │ method │ flags   │ request id │ body
///          │ u32    │ u8      │ u8     │ u16     │ u32        │
///          └────────┴─────────┴────────┴─────────┴────────────┴─ ─ ─ ─
///
/// Integers are little-endian. `length` counts everything after itself, so it is 8 plus the body's bytes.
/// `docs/protocol.md` is the specification.
package struct RPCFrameHeader: Equatable, Sendable {
  package static let byteCount = 12
  /// The part of the header that `length` counts.
  package static let countedByteCount = 8
  /// The only version there is.
  package static let currentVersion: UInt8 = 1

  package var version: UInt8
  /// A number of `RPCMethod`, with `answerBit` set in answers; kept as it came, known or not.
  package var method: UInt8
  package var flags: RPCFlags
  /// Chosen by the client; every frame of the answer carries it.
  package var requestID: UInt32
  /// 0 to 2^32 - 9; the limit is the reader's to check.
  package var bodyByteCount: Int

  package init(method: UInt8, flags: RPCFlags = [], requestID: UInt32, bodyByteCount: Int) {
    self.version = Self.currentVersion
    self.method = method
    self.flags = flags
    self.requestID = requestID
    self.bodyByteCount = bodyByteCount
  }

  /// Reads the header at the start of `bytes`.
  ///
  /// - Returns: `nil` when fewer than 12 bytes are there.
  /// - Throws: `.lengthTooSmall` when the length does not even cover the header: where the next frame
  ///   begins is then unknown.
  package init?(decoding bytes: UnsafeRawBufferPointer) throws(RPCFrameError) {
    guard bytes.count >= Self.byteCount, let base = bytes.baseAddress else { return nil }
    let length = UInt32(littleEndian: base.loadUnaligned(as: UInt32.self))
    guard length >= UInt32(Self.countedByteCount) else {
      throw .lengthTooSmall(length: length)
    }
    version = base.load(fromByteOffset: 4, as: UInt8.self)
    method = base.load(fromByteOffset: 5, as: UInt8.self)
    flags = RPCFlags(
      rawValue: UInt16(littleEndian: base.loadUnaligned(fromByteOffset: 6, as: UInt16.self)))
    requestID = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    bodyByteCount = Int(length) - Self.countedByteCount
  }

  /// Writes the 12 bytes to the start of `bytes`.
  ///
  /// - Precondition: `bytes` has room for 12, and the body is no longer than a `u32` can tell.
  package func encode(into bytes: UnsafeMutableRawBufferPointer) {
    precondition(bytes.count >= Self.byteCount, "no room for a frame header")
    let length = UInt32(bodyByteCount + Self.countedByteCount)
    bytes.storeBytes(of: length.littleEndian, as: UInt32.self)
    bytes.storeBytes(of: version, toByteOffset: 4, as: UInt8.self)
    bytes.storeBytes(of: method, toByteOffset: 5, as: UInt8.self)
    bytes.storeBytes(of: flags.rawValue.littleEndian, toByteOffset: 6, as: UInt16.self)
    bytes.storeBytes(of: requestID.littleEndian, toByteOffset: 8, as: UInt32.self)
  }

  /// The 12 bytes by themselves.
  package var encoded: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      encode(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.byteCount
    }
  }
}
