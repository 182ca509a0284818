import SpanWire

/// What a load is made of.
enum CorpusSource {
  /// Spans made up, of 435 bytes each.
  case synthetic(spansPerRequest: Int)
  /// Length-delimited requests of a file; plain, gzip or zstd.
  case file(String)

  /// Requests of a synthetic corpus hold about so many spans together: 3.5 MB, more than a core's own caches.
  private static let syntheticSpanCount = 8192
  /// What a recording may take in memory, before copies.
  private static let fileByteCountMax = 2 << 30

  /// All its requests, at least one.
  func requests(seed: UInt64) throws -> [[UInt8]] {
    switch self {
    case .synthetic(let spansPerRequest):
      var writer = SyntheticRequestWriter(seed: seed)
      let count = max(1, Self.syntheticSpanCount / spansPerRequest)
      return (0..<count).map { writer.request(number: $0, spanCount: spansPerRequest) }
    case .file(let name): return try Self.requests(ofFile: name)
    }
  }

  private static func requests(ofFile name: String) throws -> [[UInt8]] {
    let file = try InputFile(name: name)
    var messages = LengthDelimitedReader(
      file, file: name, messageByteCountMax: Importer.messageByteCountMax)
    var requests: [[UInt8]] = []
    var byteCount = 0
    while let message = try messages.next() {
      let places = try message.bytes.withUnsafeBytes { bytes throws(InputFileError) in
        do throws(WireError) { return try PatchPlaces(bytes) } catch {
          throw InputFileError(file: name, .notProtobuf(position: message.position, error))
        }
      }
      // A request of which nothing is accepted says nothing about storing.
      guard places.spanCount > 0 else { continue }
      byteCount += message.bytes.count
      guard byteCount <= fileByteCountMax else {
        throw CommandFailure("\(name) is too large for a load: it is held in memory, at most 2 GiB of it")
      }
      requests.append(message.bytes)
    }
    guard !requests.isEmpty else { throw CommandFailure("\(name) holds no spans") }
    return requests
  }
}
