internal import SpanModel
internal import Synchronization

/// How far a compaction, a verification or a snapshot is.
package struct MaintenanceProgress: Equatable, Sendable {
  package enum Phase: String, Sendable {
    case sealing, compacting, verifying, searching, copying
  }

  package var phase: Phase
  package var doneByteCount: UInt64
  /// As far as it is known; what is done may come to a little more.
  package var totalByteCount: UInt64

  package init(phase: Phase, doneByteCount: UInt64, totalByteCount: UInt64) {
    self.phase = phase
    self.doneByteCount = doneByteCount
    self.totalByteCount = totalByteCount
  }
}

/// How whoever asked for it follows a maintenance, and ends it.
package final class MaintenanceControl: Sendable {
  /// Bytes after which the progress is told again.
  private static let stepByteCount: UInt64 = 4 << 20

  private let cancelled = Atomic<Bool>(false)
  private let told: @Sendable (MaintenanceProgress) -> Void
  private let nextStep = Atomic<UInt64>(0)

  package init(_ told: @escaping @Sendable (MaintenanceProgress) -> Void = { _ in }) { self.told = told }

  /// It ends as soon as it can; what it did until then is done.
  package func cancel() { cancelled.store(true, ordering: .releasing) }

  package var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  /// - Throws: `.cancelled`.
  func check() throws(StoreError) {
    if isCancelled { throw .cancelled }
  }

  /// A phase begins.
  func begin(_ phase: MaintenanceProgress.Phase, of byteCount: UInt64) throws(StoreError) {
    nextStep.store(0, ordering: .relaxed)
    try tell(MaintenanceProgress(phase: phase, doneByteCount: 0, totalByteCount: byteCount))
  }

  /// - Throws: `.cancelled`.
  func tell(_ progress: MaintenanceProgress) throws(StoreError) {
    try check()
    guard progress.doneByteCount >= nextStep.load(ordering: .relaxed) else { return }
    nextStep.store(progress.doneByteCount + Self.stepByteCount, ordering: .relaxed)
    told(progress)
  }
}
