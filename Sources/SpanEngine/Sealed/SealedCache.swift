internal import SpanModel
internal import SpanWire

/// Contents of sealed segments that were read last, for all segments of a store together.
final class SealedCache: @unchecked Sendable {
  // SAFETY: what changes is touched under `lock` only: see below.

  private struct Key: Hashable {
    let store: StoreID
    let sequence: SegmentSequence
  }

  private struct Held {
    let contents: SealedContents
    var lastUse: UInt64
  }

  private let byteCountMax: Int
  private let lock = Lock()
  // SAFETY: the three below are only touched under `lock`.
  private var held: [Key: Held] = [:]
  private var byteCount = 0
  private var clock: UInt64 = 0

  /// - Parameter byteCount: of all contents together; one is held in any case.
  init(byteCount: Int) { byteCountMax = byteCount }

  func contents(of footer: SealedFooter) -> SealedContents? {
    let key = Key(store: footer.storeID, sequence: footer.sequence)
    return lock.withLock {
      clock += 1
      held[key]?.lastUse = clock
      return held[key]?.contents
    }
  }

  func keep(_ contents: SealedContents, of footer: SealedFooter) {
    let key = Key(store: footer.storeID, sequence: footer.sequence)
    lock.withLock {
      guard held[key] == nil else { return }
      clock += 1
      held[key] = Held(contents: contents, lastUse: clock)
      byteCount += contents.byteCount
      while byteCount > byteCountMax, held.count > 1 { removeOldest(but: key) }
    }
  }

  /// Lets go of a segment that is no more.
  func remove(_ footer: SealedFooter) {
    let key = Key(store: footer.storeID, sequence: footer.sequence)
    lock.withLock {
      if let gone = held.removeValue(forKey: key) { byteCount -= gone.contents.byteCount }
    }
  }

  private func removeOldest(but key: Key) {
    let oldest = held.filter { $0.key != key }.min { $0.value.lastUse < $1.value.lastUse }
    guard let oldest else { return }
    held[oldest.key] = nil
    byteCount -= oldest.value.contents.byteCount
  }
}
