import Foundation
import NIOConcurrencyHelpers
import SpanTestKit
import Testing

/// Runs the command as its users do: as a process.
enum SpanlogProcess {
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Beside the tests, where the build puts it.
  static let executable = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "spanlog")

  static let sample = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/sample.otlp.zst").path

  static func run(_ arguments: String..., input: String = "") throws -> Result {
    try run(arguments, input: Data(input.utf8))
  }

  static func run(_ arguments: [String], input: Data) throws -> Result {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    let pipes = (input: Pipe(), output: Pipe(), errors: Pipe())
    process.standardInput = pipes.input
    process.standardOutput = pipes.output
    process.standardError = pipes.errors
    try process.run()
    let errors = Reading(pipes.errors)
    let output = Reading(pipes.output)
    try pipes.input.fileHandleForWriting.write(contentsOf: input)
    try pipes.input.fileHandleForWriting.close()
    let result = (output.text, errors.text)
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: result.0, errors: result.1)
  }
}

/// Reads a pipe to its end on a thread of its own, so that its writer never waits.
final class Reading: Sendable {
  private let done = DispatchSemaphore(value: 0)
  private let data = NIOLockedValueBox(Data())

  init(_ pipe: Pipe) {
    let handle = pipe.fileHandleForReading
    Thread.detachNewThread { [self] in
      let bytes = (try? handle.readToEnd()) ?? Data()
      data.withLockedValue { $0 = bytes }
      done.signal()
    }
  }

  /// Waits for the end.
  var text: String {
    done.wait()
    return data.withLockedValue { String(decoding: $0, as: UTF8.self) }
  }
}

extension TemporaryDirectory {
  func file(_ name: String) -> String { path + "/" + name }
}

/// A server of its own directory and port.
final class RunningServer {
  let process = Process()
  let address: String
  private let errors = Pipe()

  init(directory: String, _ flags: String...) throws {
    process.executableURL = SpanlogProcess.executable
    process.arguments = ["serve", "--data", directory, "--rpc", "127.0.0.1:0"] + flags
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("ready\n") {
      let bytes = errors.fileHandleForReading.availableData
      try #require(!bytes.isEmpty, "the server ended before it was ready: \(text)")
      text += String(decoding: bytes, as: UTF8.self)
    }
    address = String(text.components(separatedBy: "listening rpc ")[1].prefix { $0 != "\n" })
  }

  /// - Returns: the exit status.
  func stop(_ signal: Int32 = SIGTERM) -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit { if process.isRunning { _ = stop(SIGKILL) } }
}
