/// Where the parts of a record stand, counted from its header's first byte.
///
///     ┌────────┬────────────┬─────────┬──────┬─────────┬───────────┬─────────┐
///     │ header │ page table │ zeroes  │ body │ zeroes  │ directory │ zeroes  │
///     └────────┴────────────┴─────────┴──────┴─────────┴───────────┴─────────┘
///
/// Each part begins at a multiple of 8. The page table holds a checksum for every 16 KiB of the body, the
/// last page being shorter, and then for every 16 KiB of the directory.
package struct RecordLayout: Equatable, Sendable {
  package static let pageByteCount = 16 << 10
  package static let checksumByteCount = 4

  package let bodyByteCount: Int
  package let directoryByteCount: Int

  package init(bodyByteCount: Int, directoryByteCount: Int) {
    self.bodyByteCount = bodyByteCount
    self.directoryByteCount = directoryByteCount
  }

  package init(of header: RecordHeader) {
    self.init(bodyByteCount: Int(header.bodyByteCount), directoryByteCount: header.counts.directoryByteCount)
  }

  package var bodyPageCount: Int { Self.pageCount(of: bodyByteCount) }
  package var directoryPageCount: Int { Self.pageCount(of: directoryByteCount) }
  package var pageCount: Int { bodyPageCount + directoryPageCount }

  package var tablePosition: Int { RecordHeader.byteCount }
  package var tableByteCount: Int { pageCount * Self.checksumByteCount }
  package var bodyPosition: Int { Self.aligned(tablePosition + tableByteCount) }
  package var directoryPosition: Int { Self.aligned(bodyPosition + bodyByteCount) }
  /// From the header's first byte to the next record's.
  package var byteCount: Int { Self.aligned(directoryPosition + directoryByteCount) }

  package static func pageCount(of byteCount: Int) -> Int { (byteCount + pageByteCount - 1) / pageByteCount }
  package static func aligned(_ byteCount: Int) -> Int { (byteCount + 7) & ~7 }
}
