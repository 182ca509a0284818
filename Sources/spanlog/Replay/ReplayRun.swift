import SpanEngine
import SpanModel
import SpanQuery
import SpanWire

/// One run of a replay: where it begins, what it has read, and what came of it.
///
/// Used from the main thread.
final class ReplayRun {
  let tally: ReplayTally
  private let reader: ArrivalReader
  private let feed: ReplayFeed
  private let storeID: StoreID
  private let mask: IDMask?
  private let resumePath: String?

  /// - Parameter resume: what an earlier run left in the file at `resumePath`, if there is one.
  init(_ store: Store, resume: ResumePoint?, resumePath: String?, feedOptions: ReplayFeed.Options) throws {
    let options = try feedOptions.resumed(at: resume, store: store, path: resumePath ?? "")
    let position = resume?.sequence ?? RecordSequence(0)
    let tally = ReplayTally(from: position)
    let reader = ArrivalReader(store: store, from: RecordSequence(position.rawValue + 1))
    self.tally = tally
    self.reader = reader
    self.resumePath = resumePath
    storeID = store.storeID
    mask = options.mask
    feed = ReplayFeed(
      options, now: { LinuxPlatform().now() }, onRead: { tally.read($0, spanCount: $1) },
      next: { () throws(StoreError) in try reader.next() })
    tally.note(feed, position: 0)
  }

  var byteCount: UInt64 { reader.byteCount }

  /// Begins the file that a later run resumes from.
  func report() throws -> ReplayReport {
    let file = try resumePath.map { path in
      try ResumeFile(path) { [tally, storeID, mask] in
        ResumePoint(
          store: storeID, sequence: tally.ackedSequence, shift: tally.counts.shift, mask: mask)
      }
    }
    return ReplayReport(tally: tally, resumeFile: file, resumePath: resumePath)
  }

  /// - Returns: what ended it early.
  @MainActor
  func send(through replayer: Replayer) async -> (any Error)? {
    do {
      try await replayer.send(feed) { [reader] in reader.position }
      return nil
    } catch {
      return error
    }
  }

  /// - Throws: when not all that there is was acked.
  func check(target: String, unreadable: [Damage]) throws {
    let damages = KnownDamage(reader.damages)
    damages.tell()
    let counts = tally.counts
    var failures: [String] = []
    if counts.failedCount > 0 {
      failures.append(
        "\(counts.failedCount) of \(counts.sentCount) spans were not acked by \(target), see above")
    }
    if counts.rejectedCount > 0 {
      failures.append("\(target) rejected \(counts.rejectedCount) of \(counts.sentCount) spans, see above")
    }
    if counts.passedOverCount > 0 || damages.mayHideSpans || KnownDamage(unreadable).mayHideSpans {
      failures.append("what was sent may not be all there is, see above")
    }
    if !failures.isEmpty { throw CommandFailure(failures.joined(separator: "; ")) }
  }
}

extension ReplayFeed.Options {
  /// The same shift and ids as in the runs before.
  fileprivate func resumed(at point: ResumePoint?, store: Store, path: String) throws -> Self {
    guard let point else { return self }
    guard point.store == store.storeID else {
      throw CommandFailure("\(path) is of a replay of another directory; name another file")
    }
    guard (point.mask != nil) == (mask != nil) else {
      throw CommandFailure(
        "\(path) is of a replay \(mask == nil ? "with" : "without") --fresh-ids; run it in the same way, or name "
          + "another file")
    }
    guard point.shift == nil || shift == .toNow else {
      throw CommandFailure(
        "\(path) is of a replay with --shift-to-now; run it in the same way, or name another file")
    }
    var options = self
    options.mask = point.mask
    if let shift = point.shift { options.shift = .by(shift) }
    return options
  }
}
