import CZstd
import Foundation
import SpanWire

/// Requests recorded from real programs: `NAME.otlp.zst`, a zstd frame of length-delimited requests.
struct RecordedRequests {
  /// The folder of the recordings: `SPANLOG_TEST_DATA`, else `shared/data` beside the package.
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["SPANLOG_TEST_DATA"] { return URL(filePath: path) }
    let package = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
    return package.appending(path: "../shared/data").standardizedFileURL
  }()

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let names = files.filter { $0.hasSuffix(".otlp.zst") }.map { String($0.dropLast(".otlp.zst".count)) }
    if names.isEmpty {
      print("skipped: no recorded requests in \(folder.path); SPANLOG_TEST_DATA names another folder")
    }
    return names.sorted()
  }()

  let requests: [[UInt8]]

  init(named name: String) throws {
    let bytes = try Self.decompressed(Self.folder.appending(path: "\(name).otlp.zst"))
    requests = try bytes.withUnsafeBytes { buffer in
      var cursor = ProtobufCursor(buffer)
      var requests: [[UInt8]] = []
      while !cursor.isAtEnd { requests.append([UInt8](try cursor.readBytes())) }
      return requests
    }
  }

  /// The file's lines of expected traces.
  static func expectedTraces(of name: String) throws -> [ExpectedTrace] {
    let text = try decompressed(folder.appending(path: "expect/\(name).traces.ndjson.zst"))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try text.split(separator: UInt8(ascii: "\n")).map { line in
      try decoder.decode(ExpectedTrace.self, from: Data(line))
    }
  }

  private static func decompressed(_ file: URL) throws -> [UInt8] {
    let compressed = try Data(contentsOf: file)
    let stream = ZSTD_createDStream()
    defer { ZSTD_freeDStream(stream) }
    var chunk = [UInt8](repeating: 0, count: ZSTD_DStreamOutSize())
    var bytes: [UInt8] = []
    try compressed.withUnsafeBytes { source in
      var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      while input.pos < input.size {
        let filled = try chunk.withUnsafeMutableBytes { target in
          var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          let result = ZSTD_decompressStream(stream, &output, &input)
          guard ZSTD_isError(result) == 0 else { throw CocoaError(.fileReadCorruptFile) }
          return output.pos
        }
        bytes += chunk[..<filled]
      }
    }
    return bytes
  }
}

/// What the recordings' maker says of a trace.
struct ExpectedTrace: Decodable, Equatable {
  var traceId: String
  var spans: Int
  /// Least start and greatest end in nanoseconds, in decimal.
  var start: String
  var end: String
}
