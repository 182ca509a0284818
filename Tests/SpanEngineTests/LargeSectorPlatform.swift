import SpanEngine
import SpanTestKit
import Synchronization
import SystemPackage

/// A machine whose disk has sectors of 4096 bytes: it refuses direct writes that are no multiple of that,
/// and, as older kernels do, pieces that are not.
final class LargeSectorPlatform: ForwardingPlatform {
  let simulated = SimulatedPlatform(seed: 9)
  var platform: any Platform { simulated }
  private let takesWholePiecesOnly: Bool
  private let directHandles = Mutex<Set<Int32>>([])
  private let refused = Atomic<Int>(0)
  var refusedCount: Int { refused.load(ordering: .relaxed) }

  init(takesWholePiecesOnly: Bool) { self.takesWholePiecesOnly = takesWholePiecesOnly }

  func open(_ path: String, _ mode: OpenMode) throws(Errno) -> FileHandle {
    let file = try simulated.open(path, mode)
    if mode == .writeDirect { directHandles.withLock { _ = $0.insert(file.rawValue) } }
    return file
  }

  private func check(_ file: FileHandle, _ byteCounts: [Int], at position: UInt64) throws(Errno) {
    guard directHandles.withLock({ $0.contains(file.rawValue) }) else { return }
    let numbers = (takesWholePiecesOnly ? byteCounts : [byteCounts.reduce(0, +)]) + [Int(position)]
    guard numbers.allSatisfy({ $0 % 4096 == 0 }) else {
      refused.add(1, ordering: .relaxed)
      throw .invalidArgument
    }
  }

  func write(_ file: FileHandle, _ bytes: UnsafeRawBufferPointer, at position: UInt64) throws(Errno) -> Int {
    try check(file, [bytes.count], at: position)
    return try simulated.write(file, bytes, at: position)
  }

  func write(
    _ file: FileHandle, _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>, at position: UInt64
  ) throws(Errno) -> Int {
    try check(file, pieces.map(\.count), at: position)
    return try simulated.write(file, pieces, at: position)
  }
}
