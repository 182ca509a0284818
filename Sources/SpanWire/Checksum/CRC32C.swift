import CChecksum

/// The checksum of records, frames and sections: CRC-32C.
///
/// It finds damage, not malice: all errors of up to 32 bits in a row, any three flipped bits in 128 MiB,
/// and all else but one in 4 billion. What a client could have forged is told apart by `KeyedHash128`.
package enum CRC32C {
  /// The checksum of `bytes`, or of earlier bytes and these when theirs is passed as `continuing`.
  package static func checksum(_ bytes: UnsafeRawBufferPointer, continuing: UInt32 = 0) -> UInt32 {
    spanlog_crc32c(continuing, bytes.baseAddress, bytes.count)
  }
}
