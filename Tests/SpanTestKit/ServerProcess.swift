import Foundation

/// A `spanlog serve` with a directory and a port of its own, run as its users run it.
package final class ServerProcess: @unchecked Sendable {
  /// Why a server is not ready.
  package struct NotReady: Error, CustomStringConvertible {
    package let description: String
  }

  /// Beside the tests, where the build puts it.
  package static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "spanlog").path

  // SAFETY: started before anybody else has it; what is called later only reads, signals or waits.
  private let process = Process()
  private let errors: DrainedPipe
  /// `HOST:PORT`
  package let address: String

  /// Starts it and waits until it is ready.
  package init(directory: String, _ flags: String...) throws {
    let pipe = Pipe()
    process.executableURL = URL(filePath: Self.executable)
    process.arguments = ["serve", "--data", directory, "--rpc", "127.0.0.1:0"] + flags
    process.standardError = pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    errors = DrainedPipe(pipe)
    let text = errors.text(with: "ready\n")
    guard let listening = text.range(of: "listening rpc "), text.contains("ready\n") else {
      throw NotReady(description: "the server ended before it was ready: \(text)")
    }
    address = String(text[listening.upperBound...].prefix { $0 != "\n" })
  }

  package var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }
  package var processID: Int32 { process.processIdentifier }

  /// What it said on standard error; waits for its end.
  package var log: String { errors.text }

  /// - Returns: the exit status, or the signal that ended it.
  @discardableResult
  package func stop(_ signal: Int32 = SIGTERM) -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit { if process.isRunning { stop(SIGKILL) } }
}
