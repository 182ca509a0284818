internal import SpanEngine
internal import SpanModel
internal import SpanTestKit
internal import SpanWire

/// Whatever stands in an index file, every acked span of its segment is found: from the index, or from the
/// segment that it is made again from.
///
/// With checksums computed again the file can say anything: then only that nothing traps, all ends, and no
/// span comes that nobody wrote.
package struct IndexProof: FuzzProof {
  private static let store: SmallStore = {
    do { return try SmallStore(.indexed) } catch { preconditionFailure("cannot make a store: \(error)") }
  }()
  private static let path = store.disk.paths.first { $0.hasSuffix(".index") } ?? ""
  private static let whole = store.disk.contents(of: path) ?? []

  private var bytes: [UInt8] = []

  package init() {}

  package static func seed(_ number: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: number)
    return (0..<Int.random(in: 4...40, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? {
    var script = ScriptReader(input)
    let mode = script.byte()
    bytes = Self.whole
    while !script.isAtEnd { edit(&script) }
    let isSealed = mode % 2 == 0
    if isSealed { seal() }
    var disk = Self.store.disk
    disk.overwrite(Self.path, with: bytes)
    do {
      let platform = SimulatedPlatform(disk)
      if mode % 16 < 2 {
        _ = try StoreVerification.verify(directory: SmallStore.directory, platform: platform)
      }
      let opened = try SmallStore.openReadOnly(platform)
      let spans = try StoreReading(opened).spans
      guard spans.isSubset(of: Self.store.spans) else { return "spans that nobody wrote" }
      return isSealed || spans == Self.store.spans ? nil : "acked spans are not found"
    } catch {
      return "it cannot be opened: \(error)"
    }
  }

  private mutating func edit(_ script: inout ScriptReader) {
    switch script.byte() % 6 {
    case 0 where !bytes.isEmpty:
      // A field of the header.
      let place = [8, 12, 32, 40, 56, 64, 72, 80, 88, 96, 104, 112, 120][script.choice(of: 13)]
      write(script.value(), at: place, count: 8)
    case 1 where !bytes.isEmpty: bytes.removeLast(script.choice(of: bytes.count))
    case 2: bytes += script.bytes(script.choice(of: 40))
    case 3:
      // An entry.
      let entry = Int(IndexHeader.fencePosition) + IndexPage.byteCount + 16 + 12 * script.choice(of: 40)
      write(script.value(), at: entry + 4 * script.choice(of: 3), count: 4)
    default:
      let place = script.number() % max(1, bytes.count)
      for (number, byte) in script.bytes(script.choice(of: 12)).enumerated()
      where place + number < bytes.count {
        bytes[place + number] ^= byte
      }
    }
  }

  private mutating func write(_ value: UInt64, at place: Int, count: Int) {
    for number in 0..<count where place + number < bytes.count {
      bytes[place + number] = UInt8(truncatingIfNeeded: value >> UInt64(8 * number))
    }
  }

  /// Makes the checksums fit: of each page, of the fences, and then of the header.
  private mutating func seal() {
    guard bytes.count >= IndexHeader.byteCount else { return }
    bytes.withUnsafeMutableBytes { file in
      // SAFETY: the file has a header.
      let base = file.baseAddress!
      let raw = UnsafeRawPointer(base)
      let salt = FileSalt(high: raw.littleEndian(at: 40), low: raw.littleEndian(at: 48))
      var page = 2 * IndexPage.byteCount
      while page + IndexPage.byteCount <= file.count {
        let covered = UnsafeRawBufferPointer(start: base + page + 4, count: IndexPage.byteCount - 4)
        base.storeLittleEndian(CRC32C.checksum(covered) ^ salt.mask(at: UInt64(page)), at: page)
        page += IndexPage.byteCount
      }
      let entryCount: UInt64 = raw.littleEndian(at: 112)
      let fenceByteCount = Int(clamping: entryCount / UInt64(IndexPage.entryCountMax) + 1) &* 4
      if fenceByteCount > 0, fenceByteCount <= file.count - IndexHeader.byteCount {
        let covered = UnsafeRawBufferPointer(start: base + IndexHeader.byteCount, count: fenceByteCount)
        base.storeLittleEndian(
          CRC32C.checksum(covered) ^ salt.mask(at: IndexHeader.fencePosition), at: 120)
      }
      let covered = UnsafeRawBufferPointer(start: base, count: 4092)
      base.storeLittleEndian(CRC32C.checksum(covered), at: 4092)
    }
  }
}
