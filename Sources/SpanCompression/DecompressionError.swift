/// Why a compressed stream could not be read to its end. Positions count compressed bytes from its start.
package enum DecompressionError: Error, Equatable, Sendable {
  /// The stream ends within a gzip member or a zstd frame.
  case truncated(Compression, position: UInt64)
  /// The bytes are not what the format allows, or a checksum does not fit.
  case corrupt(Compression, position: UInt64, reason: String)
  /// More came out than the reader of the stream allows.
  case tooLarge(byteCountMax: UInt64)
  /// The decoder got no memory.
  case outOfMemory(Compression)
  /// The bytes could not be had in the first place.
  case source(SourceError)
}

/// A read of the compressed bytes that the operating system refused.
package struct SourceError: Error, Equatable, Sendable {
  package let code: Int32
  /// Bytes read before.
  package let position: UInt64

  package init(code: Int32, position: UInt64) {
    self.code = code
    self.position = position
  }
}

extension DecompressionError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let compression, let position):
      "the \(compression.rawValue) stream is cut off at byte \(position)"
    case .corrupt(let compression, let position, let reason):
      "the \(compression.rawValue) stream is damaged before byte \(position): \(reason)"
    case .tooLarge(let byteCountMax):
      "the stream holds more than the \(byteCountMax) bytes that are allowed, decompressed"
    case .outOfMemory(let compression):
      "no memory for a \(compression.rawValue) decoder"
    case .source(let error):
      error.description
    }
  }
}
