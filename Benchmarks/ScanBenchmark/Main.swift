import Foundation
import SpanWire

/// `scan-benchmark [--requests N] [--repeats N] [FILE]`: FILE holds length-delimited requests
/// (`varint(byte count), ExportTraceServiceRequest`, again and again); without it they are made up.
@main
struct Main {
  static func main() {
    do {
      try run(CommandLine.arguments.dropFirst())
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(EXIT_FAILURE)
    }
  }

  private static func run(_ given: ArraySlice<String>) throws {
    var arguments = given
    var requestCount = 64
    var repeatCount = 20
    var path: String?
    while let argument = arguments.popFirst() {
      switch argument {
      case "--requests": requestCount = try number(arguments.popFirst(), for: argument)
      case "--repeats": repeatCount = try number(arguments.popFirst(), for: argument)
      default: path = argument
      }
    }
    print("How many spans per second can one core scan, and at how many nanoseconds each?")
    let requests = try path.map(requests(inFileAt:)) ?? made(requestCount)
    print("corpus: \(path ?? "\(requestCount) made requests, seed 1")")
    print(try ScanBenchmark(corpus: Corpus(requests), repeatCount: repeatCount).run())
  }

  private static func made(_ count: Int) -> [[UInt8]] {
    var corpus = SyntheticCorpus(seed: 1)
    return corpus.requests(count)
  }

  private static func requests(inFileAt path: String) throws -> [[UInt8]] {
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    return try file.withUnsafeBytes { bytes in
      var cursor = ProtobufCursor(bytes)
      var requests: [[UInt8]] = []
      while !cursor.isAtEnd { requests.append([UInt8](try cursor.readBytes())) }
      return requests
    }
  }

  private static func number(_ text: String?, for option: String) throws -> Int {
    guard let text, let number = Int(text), number > 0 else {
      throw UsageError(description: "\(option): a number above 0 is required")
    }
    return number
  }

  private struct UsageError: Error, CustomStringConvertible {
    let description: String
  }
}
