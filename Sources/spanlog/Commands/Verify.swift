import ArgumentParser
import SpanEngine

/// `spanlog verify`
struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read and check every byte of a data directory; change nothing.",
    discussion: """
      Exits with 0 when all is whole, 1 when something is damaged (file, position and what is lost are told), \
      2 when it could not run, or not say what it found. A torn tail is what a crash leaves of a frame that was never acked: no damage.

      Example:
        spanlog verify traces
      """)

  @Argument(help: ArgumentHelp("The data directory, which no server has open.", valueName: "dir"))
  var directory: String

  @MainActor
  func run() async throws {
    let verification: StoreVerification
    do throws(StoreError) {
      verification = try StoreVerification.verify(directory: directory)
    } catch {
      StandardError.line("Error: \(error)")
      throw ExitCode(2)
    }
    let output = StandardOutput()
    do throws(OutputError) {
      try output.write(Array(VerificationText.lines(verification).joined(separator: "\n").utf8))
      try output.write([UInt8(ascii: "\n")])
      try output.flush()
    } catch {
      // When the reader left, the exit code still tells; whoever has lost what was said must not take it for
      // damage.
      guard error == .readerLeft else {
        StandardError.line("Error: \(error)")
        throw ExitCode(2)
      }
    }
    if !verification.isWhole { throw ExitCode(1) }
  }
}
