internal import SpanModel
internal import Synchronization

/// The thread that compacts while others work: with the least priority, and within its bytes a second.
///
/// While a segment is sealed it only does what keeps it from standing still, so it has the time that sealing
/// leaves: its priority alone would not do, since whoever wakes up waits until it has had its turn. What it
/// leaves undone is a debt, and when that is large it goes on as if nobody waited.
final class CompactionThread: @unchecked Sendable {
  /// How long after a failure it is tried again: a full disk, or a file that cannot be read.
  private static let retryDelay = Duration.seconds(10)
  /// Bytes after which it is held against the clock.
  private static let sliceByteCount = 256 << 10
  /// How much longer than its slices its pauses are, then.
  private static let pausesPerSlice: UInt64 = 19
  /// So that closing the store, and the end of a burst, are noticed soon.
  private static let pauseMax: UInt64 = 200_000_000
  /// Segments that could be merged, at which it steps back no more.
  private static let debtMax = 1024

  private enum State { case idle, wanted, stopping }

  private let compactor: Compactor
  private let byteRateMax: Int
  private let counters: StoreCounters
  private let platform: any Platform
  private let lock = Lock()
  // SAFETY: only touched under `lock`.
  private var state = State.wanted
  /// Somebody compacts in its place, or wants all files to stay.
  // SAFETY: only touched under `lock`.
  private var isHeld = false
  // SAFETY: only touched under `lock`.
  private var isWorking = false
  // SAFETY: set in `start`, before a lane has a thread; taken in `stop`, when none has one any more.
  private var thread: WorkerThread?
  // SAFETY: only this thread touches the three below.
  private var sliceByteCount = 0
  private var sliceBegin = Timestamp(nanoseconds: 0)
  private var acceptedSpanCount: UInt64 = 0

  init(_ compactor: Compactor, byteRateMax: Int, counters: StoreCounters, platform: any Platform) {
    self.compactor = compactor
    self.byteRateMax = max(1, byteRateMax)
    self.counters = counters
    self.platform = platform
  }

  func start() { thread = WorkerThread(name: "compact", isPatient: true) { self.run() } }

  /// There may be something to merge.
  func runSoon() {
    lock.withLock {
      guard state == .idle else { return }
      state = .wanted
      lock.signal()
    }
  }

  /// What is half done is left, and begun again by whoever opens the store.
  func stop() {
    lock.withLock {
      state = .stopping
      lock.signal()
    }
    thread?.join()
    thread = nil
  }

  /// Waits until it does nothing, and has it do nothing until `release`: what is half done is left.
  func hold() {
    lock.withLock {
      isHeld = true
      lock.signal()
      while isWorking { lock.wait() }
    }
  }

  func release() {
    lock.withLock {
      isHeld = false
      if state == .idle { state = .wanted }
      lock.signal()
    }
  }

  private var isStopping: Bool { lock.withLock { state == .stopping || isHeld } }

  private func run() {
    while waitUntilWanted() {
      do throws(StoreError) {
        while try compactor.compactNext(CompactionRules(), self) != nil, !isStopping {}
      } catch {
        lock.withLock {
          if state != .stopping, !isHeld { lock.wait(atMost: Self.retryDelay) }
          if state == .idle { state = .wanted }
        }
      }
      lock.withLock {
        isWorking = false
        lock.signal()
      }
    }
  }

  private func waitUntilWanted() -> Bool {
    lock.withLock {
      while state == .idle || isHeld && state == .wanted { lock.wait() }
      guard state == .wanted else { return false }
      // Before the work: what is sealed meanwhile is looked at once more.
      state = .idle
      isWorking = true
      return true
    }
  }
}

extension CompactionThread: CompactionPace {
  func take(_ byteCount: Int) throws(StoreError) {
    sliceByteCount += byteCount
    guard sliceByteCount >= Self.sliceByteCount else { return }
    defer { beginSlice() }
    try lock.withLock { () throws(StoreError) in
      if state != .stopping, !isHeld, isBusy { waitOutSlice() }
      if isHeld { throw .stopped(reason: "others compact") }
      if state == .stopping { throw .stopped(reason: "it is closing") }
    }
  }

  /// Whether requests came in during this slice.
  private var isBusy: Bool { counters.acceptedSpans.load(ordering: .relaxed) != acceptedSpanCount }

  private func waitOutSlice() {
    let now = platform.now()
    let elapsed = now > sliceBegin ? now.nanoseconds - sliceBegin.nanoseconds : 0
    let allowed = UInt64(sliceByteCount) * 1_000_000_000 / UInt64(byteRateMax)
    var pause = allowed > elapsed ? allowed - elapsed : 0
    // Since the slice before this one the thread may have been idle for days.
    if stepsBack { pause = max(pause, min(elapsed, Self.pauseMax) * Self.pausesPerSlice) }
    guard pause > 0 else { return }
    lock.wait(atMost: .nanoseconds(Int64(min(pause, Self.pauseMax))))
  }

  private var stepsBack: Bool {
    let counts = compactor.waitingCounts
    return counts.toBeSealed > 0 && counts.toBeMerged < Self.debtMax
  }

  private func beginSlice() {
    sliceByteCount = 0
    sliceBegin = platform.now()
    acceptedSpanCount = counters.acceptedSpans.load(ordering: .relaxed)
  }
}
