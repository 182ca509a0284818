import Foundation
import SpanTestKit
import SpanWire
import Testing

/// A client that has seen the server's files and sends what stands in them.
struct ImitationTests {
  private let directory: TemporaryDirectory
  private let traceID = "0123456789abcdef0123456789abcdef"

  init() throws { directory = try TemporaryDirectory() }

  private var segments: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: directory.file("data")).filter {
        $0.hasSuffix(".active")
      }
      .sorted().map { directory.file("data/" + $0) }
    }
  }

  /// A request with one span whose name is `text`, behind its length.
  private func delimitedRequest(text: Data) -> Data {
    var span = ProtobufWriter()
    span.writeBytes((0..<16).map { UInt8($0 % 8 * 0x22 + 1) }, field: 1)
    span.writeBytes([UInt8](repeating: 1, count: 8), field: 2)
    span.writeBytes(Array(text), field: 5)
    var scope = ProtobufWriter()
    scope.writeBytes(span.bytes, field: 2)
    var resource = ProtobufWriter()
    resource.writeBytes(scope.bytes, field: 2)
    var request = ProtobufWriter()
    request.writeBytes(resource.bytes, field: 1)
    var delimited = ProtobufWriter()
    delimited.writeBytes(request.bytes, field: 1)
    // The tag of the field in front of the length is not part of a delimited file.
    return Data(delimited.bytes.dropFirst())
  }

  /// Copies of a file's frames such that one of them stands at a multiple of 4096, wherever the text begins.
  private func copies(of frames: Data) -> Data {
    var text = Data()
    for _ in 0..<4097 {
      text += frames.prefix(4097)
      text += Data(count: 4097 - min(4097, frames.count))
    }
    return text
  }

  private func verified() throws -> String { try SpanlogProcess.run("verify", directory.file("data")).output }

  @Test func `bytes that look like our own frames are stored whole, and never taken for frames`() throws {
    let server = try ServerProcess(directory: directory.file("data"), "--seal", "off")
    #expect(try SpanlogProcess.run("import", "--to", server.address, SpanlogProcess.sample).status == 0)
    let file = try #require(try segments.first)
    // Of the very file, so its salt fits too; only the place does not.
    let frames = try Data(contentsOf: URL(filePath: file)).dropFirst(SegmentHeader.pageByteCount).prefix(4097)
    #expect(frames.starts(with: Data("SPFR".utf8)))
    let request = delimitedRequest(text: copies(of: frames))
    try request.write(to: URL(filePath: directory.file("imitation.otlp")))
    #expect(
      try SpanlogProcess.run("import", "--to", server.address, directory.file("imitation.otlp")).status == 0)
    let arguments = ["read", "--all", "--format", "protobuf"]
    let before = try output(arguments + ["--from", server.address])
    #expect(before.range(of: request) != nil, "it is not read back whole")
    #expect(server.stop(SIGKILL) == SIGKILL)
    #expect(try verified().hasSuffix(", 6 requests, 31 spans\n"))
    let again = try ServerProcess(directory: directory.file("data"), "--seal", "off")
    #expect(try output(arguments + ["--from", again.address]).range(of: request) != nil)
    #expect(again.stop(SIGKILL) == SIGKILL)
    // Now the frame around them is damaged, so that recovery looks for the next one, in them.
    for file in try segments { try damageFrame(around: frames, in: file) }
    let damaged = try verified()
    #expect(damaged.hasSuffix(" files, 5 requests, 30 spans\n"), "\(damaged)")
  }

  private func output(_ arguments: [String]) throws -> Data {
    let path = directory.file("output")
    let words = arguments.map { "'\($0)'" }.joined(separator: " ")
    #expect(try Shell.run("\"$0\" \(words) > \"$1\"", SpanlogProcess.executable.path, path) == 0)
    return try Data(contentsOf: URL(filePath: path))
  }

  /// Turns a byte in the header of the frame whose body holds the copies.
  private func damageFrame(around frames: Data, in file: String) throws {
    var bytes = try Data(contentsOf: URL(filePath: file))
    let magic = Data("SPFR".utf8)
    var positions: [Int] = []
    for position in stride(from: SegmentHeader.pageByteCount, to: bytes.count, by: 4096)
    where bytes[position..<position + 4] == magic { positions.append(position) }
    // The largest: the distance to the next is greatest behind it.
    let payload = { (position: Int) in
      bytes[position + 32..<position + 40].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard let largest = positions.first(where: { payload($0) > 16 << 20 && payload($0) < 32 << 20 }) else {
      return
    }
    bytes[largest + 60] ^= 1
    try bytes.write(to: URL(filePath: file))
  }
}
