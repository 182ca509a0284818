internal import SpanModel

/// Looks for the 16 bytes of a trace id, whatever they stand in.
struct IDSearch {
  static let byteCount = 16
  private static let pieceByteCount = 1 << 20

  private let traceID: TraceID
  // As they stand in bytes, read as a number of the machine.
  private let high: UInt64
  private let low: UInt64
  private let firstByte: UInt8

  init(_ traceID: TraceID) {
    self.traceID = traceID
    high = UInt64(littleEndian: traceID.high.byteSwapped)
    low = UInt64(littleEndian: traceID.low.byteSwapped)
    firstByte = UInt8(truncatingIfNeeded: traceID.high >> 56)
  }

  /// Where it begins in `bytes`.
  func places(in bytes: UnsafeRawBufferPointer) -> [Int] {
    guard bytes.count >= Self.byteCount, let base = bytes.baseAddress else { return [] }
    var places: [Int] = []
    for place in 0...bytes.count - Self.byteCount {
      // SAFETY: 16 bytes are left from each place on.
      guard (base + place).load(as: UInt8.self) == firstByte,
        UInt64(littleEndian: (base + place).loadUnaligned(as: UInt64.self)) == high,
        UInt64(littleEndian: (base + place + 8).loadUnaligned(as: UInt64.self)) == low
      else { continue }
      places.append(place)
    }
    return places
  }

  func isIn(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { !places(in: $0).isEmpty } }

  /// Where it begins in a file.
  func places(in file: File) throws(FileError) -> [UInt64] {
    let end = try file.byteCount()
    var places: [UInt64] = []
    var position: UInt64 = 0
    while position < end {
      let piece = try file.read(Int(min(UInt64(Self.pieceByteCount), end - position)), at: position)
      places += piece.withUnsafeBytes { self.places(in: $0) }.map { position + UInt64($0) }
      guard piece.count >= Self.byteCount else { break }
      // One that begins in the last 15 bytes is found with the next piece.
      position += UInt64(piece.count - Self.byteCount + 1)
    }
    return places
  }
}
