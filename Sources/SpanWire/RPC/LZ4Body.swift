internal import CLZ4

/// A compressed body: the uncompressed size, then one LZ4 block.
///
///     byte 0                     4
///          ┌─────────────────────┬─ ─ ─ ─ ─ ─
///          │ uncompressed size   │ LZ4 block
///          │ u32, little-endian  │
///          └─────────────────────┴─ ─ ─ ─ ─ ─
///
/// The size is a claim. It is held against the limit and against what the block could hold at best before
/// memory is granted for it, so a few bytes never claim much.
///
/// Format: <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.
package enum LZ4Body {
  package static let sizeByteCount = 4
  /// A byte of a block stands for at most 255 bytes (a length is continued by bytes of value 255).
  static let expansionMax = 255
  /// Below this an answer is sent as it is: a header and a size would eat the gain.
  package static let worthwhileByteCountMin = 512

  /// The uncompressed size of `body`, once it can be true.
  ///
  /// - Parameter byteCountMax: the largest size granted.
  package static func uncompressedByteCount(
    of body: UnsafeRawBufferPointer, atMost byteCountMax: Int
  ) throws(LZ4Error) -> Int {
    guard body.count >= sizeByteCount else { throw .truncated(byteCount: body.count) }
    let claimed = Int(UInt32(littleEndian: body.loadUnaligned(as: UInt32.self)))
    guard claimed <= byteCountMax else {
      throw .tooLarge(claimedByteCount: claimed, byteCountMax: byteCountMax)
    }
    let blockByteCount = body.count - sizeByteCount
    guard claimed <= blockByteCount * expansionMax else {
      throw .impossible(claimedByteCount: claimed, blockByteCount: blockByteCount)
    }
    return claimed
  }

  /// Uncompresses `body` into all of `target`, which has the size that `uncompressedByteCount` told.
  package static func uncompress(
    _ body: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(LZ4Error) {
    let block = UnsafeRawBufferPointer(rebasing: body.dropFirst(sizeByteCount))
    guard !block.isEmpty || target.isEmpty else { throw .corrupt(claimedByteCount: target.count) }
    if block.isEmpty { return }
    let written = LZ4_decompress_safe(
      block.baseAddress, target.baseAddress, Int32(block.count), Int32(target.count))
    guard written == Int32(target.count) else { throw .corrupt(claimedByteCount: target.count) }
  }

  /// Uncompresses a body of at most `byteCountMax` bytes.
  package static func uncompressed(
    _ body: UnsafeRawBufferPointer, atMost byteCountMax: Int
  ) throws(LZ4Error) -> [UInt8] {
    let byteCount = try uncompressedByteCount(of: body, atMost: byteCountMax)
    var failure: LZ4Error?
    let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      do throws(LZ4Error) {
        try uncompress(
          body,
          into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount]))
        count = byteCount
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Size and block of `bytes`.
  ///
  /// - Returns: `nil` when that would not be shorter than `bytes`.
  package static func compressed(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard bytes.count >= worthwhileByteCountMin, bytes.count <= Int(LZ4_MAX_INPUT_SIZE) else { return nil }
    let room = bytes.count - sizeByteCount - 1
    let body = [UInt8](unsafeUninitializedCapacity: sizeByteCount + room) { buffer, count in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw.storeBytes(of: UInt32(bytes.count).littleEndian, as: UInt32.self)
      let written = LZ4_compress_default(
        bytes.baseAddress, raw.baseAddress.map { $0 + sizeByteCount }, Int32(bytes.count), Int32(room))
      count = written > 0 ? sizeByteCount + Int(written) : 0
    }
    return body.isEmpty ? nil : body
  }
}

/// A compressed body that is none, or that claims more than is granted.
package enum LZ4Error: Error, Equatable, Sendable {
  case truncated(byteCount: Int)
  case tooLarge(claimedByteCount: Int, byteCountMax: Int)
  case impossible(claimedByteCount: Int, blockByteCount: Int)
  case corrupt(claimedByteCount: Int)
}

extension LZ4Error: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let byteCount):
      "a compressed body has \(byteCount) bytes, at least \(LZ4Body.sizeByteCount) are required"
    case .tooLarge(let claimed, let max):
      "a compressed body claims \(claimed) bytes, at most \(max) are taken"
    case .impossible(let claimed, let blockByteCount):
      "a compressed body claims \(claimed) bytes, more than a block of \(blockByteCount) bytes can hold"
    case .corrupt(let claimed):
      "a compressed body is no LZ4 block of \(claimed) uncompressed bytes"
    }
  }
}
