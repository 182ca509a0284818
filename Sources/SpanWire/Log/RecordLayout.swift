/// Where the parts of a record stand, counted from its header's first byte.
///
///     ┌────────┬────────────┬─────────┬──────┬─────────┬───────────┬─────────┐
///     │ header │ page table │ zeroes  │ body │ zeroes  │ directory │ zeroes  │
///     └────────┴────────────┴─────────┴──────┴─────────┴───────────┴─────────┘
///
/// Each part begins at a multiple of 8. The body and the directory of an *aligned* record begin at multiples
/// of 512 of the file, so that a large body goes to the disk from where it was received. The page table holds
/// a checksum for every 16 KiB of the body, the last page being shorter, and then for every 16 KiB of the
/// directory.
package struct RecordLayout: Equatable, Sendable {
  package static let pageByteCount = 16 << 10
  package static let checksumByteCount = 4
  /// What direct writes ask for on all disks but those with sectors of 4096 bytes.
  package static let bodyAlignment = 512

  package let bodyByteCount: Int
  package let directoryByteCount: Int
  package let bodyPosition: Int
  package let directoryPosition: Int

  /// - Parameters:
  ///   - isAligned: whether body and directory begin at multiples of 512 of the file.
  ///   - position: of the record's header in the file.
  package init(bodyByteCount: Int, directoryByteCount: Int, isAligned: Bool, at position: UInt64) {
    self.bodyByteCount = bodyByteCount
    self.directoryByteCount = directoryByteCount
    let pageCount = Self.pageCount(of: bodyByteCount) + Self.pageCount(of: directoryByteCount)
    let tableEnd = RecordHeader.byteCount + pageCount * Self.checksumByteCount
    if isAligned {
      let rest = Int(position % UInt64(Self.bodyAlignment))
      bodyPosition = Self.roundedUp(rest + tableEnd, to: Self.bodyAlignment) - rest
      directoryPosition = bodyPosition + Self.roundedUp(bodyByteCount, to: Self.bodyAlignment)
    } else {
      bodyPosition = Self.aligned(tableEnd)
      directoryPosition = Self.aligned(bodyPosition + bodyByteCount)
    }
  }

  package init(of header: RecordHeader, at position: UInt64) {
    self.init(
      bodyByteCount: Int(header.bodyByteCount), directoryByteCount: header.counts.directoryByteCount,
      isAligned: header.isAligned, at: position)
  }

  package var bodyPageCount: Int { Self.pageCount(of: bodyByteCount) }
  package var directoryPageCount: Int { Self.pageCount(of: directoryByteCount) }
  package var pageCount: Int { bodyPageCount + directoryPageCount }

  package var tablePosition: Int { RecordHeader.byteCount }
  package var tableByteCount: Int { pageCount * Self.checksumByteCount }
  /// From the header's first byte to the next record's.
  package var byteCount: Int { Self.aligned(directoryPosition + directoryByteCount) }

  package static func pageCount(of byteCount: Int) -> Int { (byteCount + pageByteCount - 1) / pageByteCount }
  package static func aligned(_ byteCount: Int) -> Int { roundedUp(byteCount, to: 8) }

  private static func roundedUp(_ byteCount: Int, to unit: Int) -> Int {
    (byteCount + unit - 1) & ~(unit - 1)
  }
}
