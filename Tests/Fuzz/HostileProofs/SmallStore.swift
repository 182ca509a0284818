internal import SpanEngine
internal import SpanModel
internal import SpanTestKit
internal import SpanWire

/// A data directory with a few small requests, and where everything in the newest of its segments stands.
struct SmallStore {
  /// How its process left it.
  enum Ending: CaseIterable {
    case killed, witnessed, closed
    /// Closed, and opened by its index file.
    case indexed
    /// The lane went on in a second file.
    case rolled
    /// Killed, recovered, written to and killed again.
    case killedTwice
  }

  struct Record {
    let position: Int
    let header: RecordHeader
  }

  struct Frame {
    let position: Int
    let header: FrameHeader
    var records: [Record]
  }

  static let directory = "data"
  static let ledgerPath = directory + "/" + FileName.ledger(lane: 0)

  /// Eight pages: more than there are, and the memory of the ordinary cache takes longer to get than all the
  /// rest of an opening.
  static let indexCacheByteCount = 32 << 10

  static var options: StoreOptions {
    var options = StoreOptions(directory: directory)
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.indexCacheByteCount = indexCacheByteCount
    return options
  }

  let disk: SimulatedDisk
  /// With few of the zeroes behind the last frame of each file, which are most of what there is to read.
  let shortDisk: SimulatedDisk
  let name: String
  let path: String
  /// Of the segment, without the zeroes behind its last frame.
  let bytes: [UInt8]
  let storeID: StoreID
  let segment: SegmentSequence
  private(set) var frames: [Frame] = []
  let spans: Set<GeneratedSpan>
  /// What the store itself counts.
  let requestCount: UInt64
  let spanCount: UInt64

  init(_ ending: Ending, seed: UInt64 = 41) throws {
    let platform = SimulatedPlatform(seed: seed)
    let spans = try Self.write(ending, on: platform, seed: seed)
    var disk = platform.image
    // With an index file the segment would not be read when it is opened.
    if ending != .indexed { disk.removeIndexes() }
    let name = try SegmentInspection.segmentNames(in: Self.directory, platform: platform).last ?? ""
    let path = Self.directory + "/" + name
    // Listed once for all its copies.
    _ = try disk.fileNames(in: Self.directory)
    let contents = disk.contents(of: path) ?? []
    var frames: [Frame] = []
    var header: SegmentHeader?
    var end = contents.count
    try SegmentInspection.inspect(name, in: Self.directory, platform: platform) { item in
      switch item {
      case .segment(_, let found, _): header = found
      case .frame(let position, let header):
        frames.append(Frame(position: Int(position), header: header, records: []))
      case .record(let position, let header, _):
        frames[frames.count - 1].records.append(Record(position: Int(position), header: header))
      case .end(let position, _, _): end = Int(position)
      case .damage, .tombstone: break
      }
    }
    guard let header else { preconditionFailure("a segment without a header was written") }
    self.disk = disk
    shortDisk = ending == .rolled ? disk : Self.shortened(disk)
    self.name = name
    self.path = path
    bytes = Array(contents.prefix(end))
    storeID = header.storeID
    segment = header.sequence
    self.frames = frames
    self.spans = Set(spans)
    let opened = try Store.openReadOnly(directory: Self.directory, platform: SimulatedPlatform(disk))
    requestCount = opened.statistics().requestCount
    spanCount = opened.statistics().acceptedSpanCount
  }

  private static func shortened(_ disk: SimulatedDisk) -> SimulatedDisk {
    var short = disk
    for path in disk.paths where path.hasSuffix(".active") {
      guard let bytes = disk.contents(of: path) else { continue }
      let used = (bytes.lastIndex { $0 != 0 } ?? 0) / 4096 + 1
      short.overwrite(path, with: Array(bytes.prefix((used + 4) * 4096)))
    }
    return short
  }

  static func openReadOnly(_ platform: SimulatedPlatform) throws(StoreError) -> Store {
    try Store.openReadOnly(
      directory: directory, platform: platform, indexCacheByteCount: indexCacheByteCount)
  }

  private static func write(_ ending: Ending, on platform: SimulatedPlatform, seed: UInt64) throws
    -> [GeneratedSpan]
  {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = (1...6).map { TraceID(high: 7, low: $0) }
    shape.spans = 1...3
    shape.textByteCount = ending == .rolled ? 900...1500 : 0...20
    var generator = RequestGenerator(seed: seed, shape: shape)
    var spans: [GeneratedSpan] = []
    let runs = ending == .killedTwice ? 2 : 1
    for _ in 0..<runs {
      let stepped = try SteppedStore(options, platform: platform)
      var frameCount = 0
      while frameCount < 3 || ending == .rolled && platform.image.paths.count < 6 {
        let requests = (0...frameCount % 2).map { _ in generator.request() }
        let appends = try requests.map { try stepped.prepare(RequestBuffer($0.bytes)) }
        var committedCount = 0
        while committedCount < appends.count {
          committedCount += try stepped.commit(appends[committedCount...])
        }
        spans += requests.flatMap(\.spans)
        frameCount += 1
        // Of a trace that has no spans, so that what is found is what was sent.
        if frameCount == 2 { try stepped.delete(TraceID(high: 7, low: 99)) }
      }
      if ending == .witnessed { try stepped.writeWitness() }
      if ending == .closed || ending == .indexed { try stepped.close() }
    }
    return spans
  }
}

extension SmallStore {
  private static let all = Ending.allCases.map(made)
  private static let quick = Ending.allCases.filter { $0 != .rolled }.map(made)

  private static func made(_ ending: Ending) -> SmallStore {
    do { return try SmallStore(ending) } catch { preconditionFailure("cannot make a store: \(error)") }
  }

  /// One of each ending; that with a full file seldom, because it takes ten times as long to read.
  static func chosen(by byte: UInt8) -> SmallStore {
    byte % 16 == 15 ? all[Int(byte / 16) % all.count] : quick[Int(byte) % quick.count]
  }

  /// The disk with other bytes in the segment's place.
  func disk(withSegment bytes: [UInt8]) -> SimulatedDisk {
    var disk = disk
    disk.overwrite(path, with: bytes)
    return disk
  }
}
