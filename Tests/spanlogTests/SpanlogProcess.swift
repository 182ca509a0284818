import Foundation
import SpanTestKit
import Testing

/// Runs the command as its users do: as a process.
enum SpanlogProcess {
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  static let executable = URL(filePath: ServerProcess.executable)

  static let sample = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/sample.otlp.zst").path

  static func run(_ arguments: String..., input: String = "") throws -> Result {
    try run(arguments, input: Data(input.utf8))
  }

  /// Runs it with its output as bytes.
  static func output(_ arguments: [String]) throws -> (status: Int32, output: Data, errors: String) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    let pipes = (output: Pipe(), errors: Pipe())
    process.standardOutput = pipes.output
    process.standardError = pipes.errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let errors = DrainedPipe(pipes.errors)
    let output = pipes.output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, output, errors.text)
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
    let errors = DrainedPipe(pipes.errors)
    let output = DrainedPipe(pipes.output)
    try pipes.input.fileHandleForWriting.write(contentsOf: input)
    try pipes.input.fileHandleForWriting.close()
    let result = (output.text, errors.text)
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: result.0, errors: result.1)
  }
}

extension TemporaryDirectory {
  func file(_ name: String) -> String { path + "/" + name }
}
