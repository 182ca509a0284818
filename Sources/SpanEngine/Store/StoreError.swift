/// Why the store could not do what it was asked for.
package enum StoreError: Error, Sendable {
  /// Too much is waiting to be written; the same request can be sent again after this long.
  case busy(retryAfter: Duration)
  /// There is no room on the file system; nothing was stored, and the request can be sent again later.
  case outOfSpace(FileError)
  /// A trace that the request has spans of was deleted while it waited, and is held: sent again, those spans
  /// are refused and the others taken.
  case overtaken
  /// As many traces are deleted as may be until compaction or retention has made do without some tombstones.
  case tooManyTombstones(count: Int)
  /// No file of the store may become so large as the request needs; it can never be stored.
  case tooLarge(byteCount: UInt64, byteCountMax: UInt64)
  /// The store takes no more requests: it is closing, or its lane failed.
  case stopped(reason: String)
  /// A compaction, verification or snapshot that was asked for is under way, and there is one at a time.
  case maintained(retryAfter: Duration)
  /// Whoever asked for it does not want it any more.
  case cancelled
  /// Bytes on disk are not what was written there.
  case corrupt(Damage)
  case file(FileError)
  /// Another process has the directory open.
  case directoryInUse(path: String, processID: Int32?, readOnly: Bool)
  /// The directory, or a file in it, is not one that can be opened.
  case unusable(path: String, reason: String)
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .busy(let duration):
      "too many requests wait to be written; try again in \(duration / .milliseconds(1)) ms"
    case .outOfSpace(let error): "\(error); nothing of the request was stored, send it again later"
    case .overtaken: "a trace of the request was deleted while it waited; nothing was stored, send it again"
    case .tooManyTombstones(let count):
      "cannot delete the trace: \(count) deletions are in force, as many as may be; they go with the files that "
        + "hold what was deleted (--retain-bytes)"
    case .tooLarge(let byteCount, let byteCountMax):
      "the request needs a file of \(byteCount) bytes, and the limit of the store's size leaves \(byteCountMax) "
        + "for one: send it in parts, or raise the limit (--retain-bytes)"
    case .stopped(let reason): "the store takes no requests: \(reason)"
    case .maintained:
      "a compact, verify or snapshot that somebody asked for is under way, and there is one at a time: try again when it is done"
    case .cancelled: "it was cancelled"
    case .corrupt(let damage):
      "\(damage); run \"spanlog verify\" on the stopped store to see all damage"
    case .file(let error): error.description
    case .directoryInUse(let path, let processID, let readOnly):
      "\(path) is in use by \(processID.map { "process \($0)" } ?? "another process"); "
        + (readOnly
          ? "ask that server instead (--from HOST:PORT), or stop it first"
          : "stop it first, or name another directory")
    case .unusable(let path, let reason): "cannot open \(path): \(reason)"
    }
  }
}
