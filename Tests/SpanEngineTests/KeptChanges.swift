import SpanTestKit

/// Which unsynced changes a crash keeps.
struct KeptChanges {
  private let unsynced: SimulatedDisk.Unsynced
  /// Of each page the sectors that are kept, a bit for each, then 0 or 255 for each size and each change of
  /// names.
  private(set) var masks: [UInt8]

  init(_ unsynced: SimulatedDisk.Unsynced, _ mask: (_ number: Int) -> UInt8) {
    self.unsynced = unsynced
    let pageCount = unsynced.pages.count
    masks = (0..<unsynced.count).map { number in
      let mask = mask(number)
      return number < pageCount ? mask : mask % 2 == 0 ? 0 : 255
    }
  }

  func replacing(_ number: Int, with mask: UInt8) -> KeptChanges {
    var changed = self
    changed.masks[number] = mask
    return changed
  }

  func apply(to disk: SimulatedDisk) -> SimulatedDisk {
    let pageCount = unsynced.pages.count
    let sizeCount = unsynced.byteCounts.count
    return disk.afterCrash(
      sectorsKept: { file, page in
        unsynced.pages.firstIndex { $0.file == file && $0.page == page }.map { masks[$0] } ?? 0
      },
      keepsByteCount: { file in
        unsynced.byteCounts.firstIndex(of: file).map { masks[pageCount + $0] > 0 } ?? true
      },
      keepsNameChange: { masks[pageCount + sizeCount + $0] > 0 })
  }
}
