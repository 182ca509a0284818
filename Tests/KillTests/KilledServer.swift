import Foundation
import Testing

/// A `spanlog serve` of its own port, to be killed.
final class KilledServer: @unchecked Sendable {
  // SAFETY: used by one test, one call after the other.
  private let process = Process()
  let port: Int

  init(directory: String, log: String) throws {
    try #require(FileManager.default.createFile(atPath: log, contents: nil))
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "spanlog")
    // Small files, so that kills meet rolls too.
    process.arguments = ["serve", "--data", directory, "--rpc", "127.0.0.1:0", "--segment-bytes", "4MiB"]
    process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("ready\n") {
      try #require(process.isRunning, "the server ended before it was ready: \(text)")
      usleep(2000)
      text = try String(contentsOfFile: log, encoding: .utf8)
    }
    let address = text.components(separatedBy: "listening rpc ")[1].prefix { $0 != "\n" }
    port = try #require(Int(address.split(separator: ":").last ?? ""))
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// - Returns: the exit status.
  func terminate() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit { if process.isRunning { kill() } }
}
