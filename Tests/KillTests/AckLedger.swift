import Dispatch
import Foundation
import Testing

/// The acks as an outside witness saw them: each on disk before it counts.
final class AckLedger: @unchecked Sendable {
  private let file: FileHandle
  private let queue = DispatchQueue(label: "ledger")
  // SAFETY: all below are only touched on `queue`.
  private var unsynced: [AckedRequest] = []
  private var synced: [AckedRequest] = []
  private var deletedRequests: [AckedRequest] = []
  private var isClosed = false
  private var waiting: (count: Int, resume: CheckedContinuation<Void, Never>)?

  init(path: String) throws {
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    file = try FileHandle(forWritingTo: URL(filePath: path))
  }

  func note(_ request: AckedRequest) {
    queue.async { [self] in
      unsynced.append(request)
      // All that came while the last sync ran share the next one.
      if unsynced.count == 1 { queue.async { self.sync() } }
    }
  }

  /// Its trace was deleted, as the server says; this process outlives that one.
  func noteDeleted(_ request: AckedRequest) { queue.sync { deletedRequests.append(request) } }

  var deleted: [AckedRequest] { queue.sync { deletedRequests } }

  private func sync() {
    guard !unsynced.isEmpty else { return }
    do {
      for request in unsynced {
        let line = "\(request.round) \(request.number)\n"
        try file.write(contentsOf: Data(line.utf8))
      }
      try file.synchronize()
      synced += unsynced
    } catch {
      Issue.record(error, "the ledger of acks cannot be written")
    }
    unsynced = []
    wakeWaiting()
  }

  private func wakeWaiting() {
    guard let waiting, isClosed || synced.count >= waiting.count else { return }
    self.waiting = nil
    waiting.resume.resume()
  }

  /// Waits until as many acks count, or until no more will come. One waits at a time.
  func waitFor(_ count: Int) async {
    await withCheckedContinuation { resume in
      queue.async { [self] in
        waiting = (count, resume)
        wakeWaiting()
      }
    }
  }

  /// No more acks will come.
  func close() {
    queue.sync {
      isClosed = true
      sync()
      wakeWaiting()
    }
  }

  var requests: [AckedRequest] { queue.sync { synced } }
}
