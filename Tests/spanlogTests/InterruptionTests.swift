import Foundation
import NIOConcurrencyHelpers
import SpanTestKit
import Testing

@testable import spanlog

/// An import that is ended before its files are, or that meets a target without room.
struct InterruptionTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// An import that has read the sample from a pipe and waits for more.
  private final class Importing {
    let process = Process()
    let errors: DrainedPipe
    private let input = Pipe()

    init(_ place: String...) throws {
      let pipe = Pipe()
      process.executableURL = SpanlogProcess.executable
      process.arguments = ["import"] + place + ["-"]
      process.standardInput = input
      process.standardError = pipe
      try process.run()
      errors = DrainedPipe(pipe)
      try input.fileHandleForWriting.write(contentsOf: Data(contentsOf: URL(filePath: SpanlogProcess.sample)))
    }

    func end(_ signal: Int32) -> Int32 {
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      return process.terminationStatus
    }
  }

  @Test func `an interrupted import into a directory leaves files made to measure`() throws {
    let importing = try Importing("--data", directory.path)
    // It hears signals before it stores anything.
    while try storingFileCount() == 0 {}
    #expect(importing.end(SIGTERM) == 143)
    let text = importing.errors.text
    // It has read as many as it had when the signal came.
    let count = try #require(text.split(separator: "Error: interrupted by SIGTERM; ").last?.first)
    #expect(text.contains("; \(count) requests were acked by \(directory.path) before."), "\(text)")
    #expect(text.contains("Running the import again is safe"), "\(text)")
    let sizes = try FileManager.default.contentsOfDirectory(atPath: directory.path).map {
      try FileManager.default.attributesOfItem(atPath: directory.file($0))[.size] as? Int ?? 0
    }
    #expect(sizes.reduce(0, +) < 1 << 20, "\(sizes)")
    let all = try SpanlogProcess.run("verify", directory.path)
    #expect(all.status == 0 && all.output.contains(" files, \(count) requests, "), "\(all.output)")
  }

  /// Files that hold a part of the sample.
  private func storingFileCount() throws -> Int {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    return try names.filter { $0.hasSuffix(".active") }.reduce(0) { sum, name in
      guard let file = FileHandle(forReadingAtPath: directory.file(name)) else { return sum }
      defer { try? file.close() }
      let bytes = try file.read(upToCount: 1 << 20) ?? Data()
      return sum + (bytes.range(of: Data("my.service".utf8)) == nil ? 0 : 1)
    }
  }

  @Test func `an interrupted import to a server tells what was acked`() throws {
    let server = try ServerProcess(directory: directory.path)
    let importing = try Importing("--to", server.address)
    while try !SpanlogProcess.run("read", "--from", server.address, "--all").output.contains("my.service") {}
    #expect(importing.end(SIGINT) == 130)
    #expect(importing.errors.text.contains(" requests were acked by \(server.address) before. Running"))
  }

  @Test func `refusals are told once, and once that they are over`() {
    let lines = NIOLockedValueBox<[String]>([])
    let notice = RefusalNotice { line in lines.withLockedValue { $0.append(line) } }
    notice.refused(by: "t", "full")
    notice.refused(by: "t", "full")
    notice.ended(by: "t", hasGoneThrough: true)
    #expect(lines.withLockedValue { $0 } == ["t refused a request: full; retrying"])
    notice.ended(by: "t", hasGoneThrough: true)
    notice.refused(by: "t", "full")
    notice.ended(by: "t", hasGoneThrough: true)
    #expect(
      lines.withLockedValue { $0 } == ["t refused a request: full; retrying", "t takes requests again"])
  }
}
