import SpanCompression

/// Reads a text line by line, decompressed on the way.
struct LineReader<Source: ByteSource & ~Copyable>: ~Copyable {
  /// A line longer than this is none of ours: an id has 32 digits, a JSON object about it some hundreds.
  static var lineByteCountMax: Int { 1 << 20 }

  private static var chunkByteCount: Int { 64 << 10 }

  private let file: String
  private var reader: DecompressingReader<Source>
  private let chunk: UnsafeMutableRawBufferPointer
  private var unread = 0..<0

  init(_ source: consuming Source, file: String) {
    self.file = file
    reader = DecompressingReader(source)
    chunk = .allocate(byteCount: Self.chunkByteCount, alignment: 16)
  }

  deinit { chunk.deallocate() }

  /// The next line without its break, or `nil` at the end.
  mutating func next() throws(InputFileError) -> String? {
    var line: [UInt8] = []
    while try fill() {
      let rest = chunk[unread]
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      line.append(contentsOf: chunk[unread.lowerBound..<(end ?? unread.upperBound)])
      unread = (end.map { $0 + 1 } ?? unread.upperBound)..<unread.upperBound
      if end != nil { return String(decoding: line, as: UTF8.self) }
      if line.count > Self.lineByteCountMax { throw InputFileError(file: file, .lineTooLong) }
    }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  private mutating func fill() throws(InputFileError) -> Bool {
    guard unread.isEmpty else { return true }
    do throws(DecompressionError) {
      unread = try 0..<reader.read(into: chunk)
    } catch {
      throw InputFileError(file: file, .unreadable(error))
    }
    return !unread.isEmpty
  }
}
