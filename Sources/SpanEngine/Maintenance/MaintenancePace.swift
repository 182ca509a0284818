/// Of a compaction that somebody waits for: no bound on its bytes, and an end when it is cancelled.
final class MaintenancePace: CompactionPace {
  private let control: MaintenanceControl
  private var progress: MaintenanceProgress

  /// - Parameter byteCount: of all that is to be read and written, as far as that is known.
  init(_ control: MaintenanceControl, byteCount: UInt64) {
    self.control = control
    progress = MaintenanceProgress(phase: .compacting, doneByteCount: 0, totalByteCount: byteCount)
  }

  func take(_ byteCount: Int) throws(StoreError) {
    progress.doneByteCount += UInt64(byteCount)
    try control.tell(progress)
  }
}
