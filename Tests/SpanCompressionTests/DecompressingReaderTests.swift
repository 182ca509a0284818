import Testing

@testable import SpanCompression

private let compressed: [Compression] = [.gzip, .zstd]

struct DecompressingReaderTests {
  @Test(arguments: Compression.allCases, [(1, 1), (3, 7), (Int.max, 4096), (4096, 100_000)])
  func `what was compressed comes out, whatever the sizes of the pieces`(
    compression: Compression, sizes: (input: Int, output: Int)
  ) throws {
    let text = sample(byteCount: 20_000)
    let source = ArraySource(encode(text, as: compression), pieceByteCount: sizes.input)
    #expect(try decompress(source, outputByteCount: sizes.output) == text)
  }

  @Test(arguments: compressed)
  func `members and frames one behind the other are one stream`(compression: Compression) throws {
    let parts = [sample(byteCount: 5000), [], sample(byteCount: 1), sample(byteCount: 300_000)]
    let stream = parts.flatMap { encode($0, as: compression) }
    #expect(try decompress(ArraySource(stream)) == parts.flatMap { $0 })
  }

  @Test func `a skippable zstd frame is stepped over, in front too`() throws {
    let skippable: [UInt8] = [0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]
    let text = sample(byteCount: 100)
    #expect(try decompress(ArraySource(skippable + encode(text, as: .zstd) + skippable)) == text)
  }

  @Test(arguments: [[], [0x28], [0x1f], [0x28, 0xb5, 0x2f], [10, 0x0a, 1]] as [[UInt8]])
  func `a stream that begins like neither format comes out as it is`(bytes: [UInt8]) throws {
    #expect(try decompress(ArraySource(bytes)) == bytes)
  }

  @Test(arguments: compressed)
  func `a stream cut at any length is reported as cut there`(compression: Compression) {
    let stream = encode(sample(byteCount: 3000), as: compression)
    for byteCount in Compression.magicByteCount..<stream.count {
      #expect(throws: DecompressionError.truncated(compression, position: UInt64(byteCount))) {
        try decompress(ArraySource(Array(stream.prefix(byteCount))))
      }
    }
  }

  @Test(arguments: compressed)
  func `a flipped bit is found or changes nothing`(compression: Compression) {
    let text = sample(byteCount: 1500)
    let stream = encode(text, as: compression)
    var foundCount = 0
    // In the magic a flip makes another format of it, which this reader takes as it is.
    for bit in Compression.magicByteCount * 8..<stream.count * 8 {
      var flipped = stream
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        #expect(try decompress(ArraySource(flipped)) == text, "bit \(bit)")
      } catch {
        foundCount += 1
      }
    }
    #expect(foundCount > stream.count * 7)
  }

  @Test(arguments: compressed)
  func `bytes behind the end that begin no member or frame are damage`(compression: Compression) {
    let stream = encode(sample(byteCount: 10), as: compression) + Array("garbage".utf8)
    #expect {
      try decompress(ArraySource(stream))
    } throws: {
      guard case DecompressionError.corrupt(compression, _, _) = $0 else { return false }
      return true
    }
  }

  @Test(arguments: Compression.allCases)
  func `as much as allowed comes out, and one byte more is refused`(compression: Compression) throws {
    let stream = encode([UInt8](repeating: 7, count: 1 << 20), as: compression)
    #expect(try decompress(ArraySource(stream), byteCountMax: 1 << 20).count == 1 << 20)
    #expect(throws: DecompressionError.tooLarge(byteCountMax: 1 << 20 - 1)) {
      try decompress(ArraySource(stream), byteCountMax: 1 << 20 - 1)
    }
  }

  @Test func `a zstd window above 128 MiB is refused before memory is taken`() {
    // Frame header without content size; window descriptor 0x90: exponent 18, so 2^28 bytes.
    let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x90, 1, 0, 0]
    #expect {
      try decompress(ArraySource(frame))
    } throws: {
      "\($0)".contains("Frame requires too much memory")
    }
  }

  @Test func `a source that fails is named as the cause`() {
    let failure = SourceError(code: 5, position: 8)
    let stream = Array(encode(sample(byteCount: 500), as: .gzip).prefix(8))
    #expect(throws: DecompressionError.source(failure)) {
      try decompress(ArraySource(stream, failure: failure))
    }
  }
}

struct DecompressionErrorTests {
  @Test(arguments: [
    (DecompressionError.truncated(.gzip, position: 7), "the gzip stream is cut off at byte 7"),
    (.corrupt(.zstd, position: 9, reason: "why"), "the zstd stream is damaged before byte 9: why"),
    (
      .tooLarge(byteCountMax: 10),
      "the stream holds more than the 10 bytes that are allowed, decompressed"
    ),
    (
      .source(SourceError(code: 5, position: 3)),
      "cannot read at byte 3: Input/output error (errno 5)"
    ),
  ])
  func `errors say what and where`(error: DecompressionError, text: String) {
    #expect(error.description == text)
  }
}
