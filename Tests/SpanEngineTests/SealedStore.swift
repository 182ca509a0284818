import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire
import Testing

/// A store whose spans are all in one sealed segment of several row groups, and what is in it.
struct SealedStore {
  static let directory = "data"

  let disk: SimulatedDisk
  let path: String
  let bytes: [UInt8]
  let requests: [GeneratedRequest]

  var name: String { String(path.dropFirst(Self.directory.count + 1)) }
  var traceIDs: Set<TraceID> { Set(requests.flatMap(\.spans).map(\.traceID)) }

  /// - Parameter change: has its way with the encoder before anything is added.
  init(
    seed: UInt64 = 3, requestCount: Int = 6, rowGroupByteCount: Int = 400,
    changing change: (SegmentEncoder) -> Void = { _ in }
  ) throws {
    var generator = RequestGenerator(seed: seed)
    let requests = (0..<requestCount).map { _ in generator.request() }
    try self.init(requests, rowGroupByteCount: rowGroupByteCount, changing: change)
  }

  init(
    _ requests: [GeneratedRequest], rowGroupByteCount: Int = 400,
    changing change: (SegmentEncoder) -> Void = { _ in }
  ) throws {
    self.requests = requests
    let platform = SimulatedPlatform(seed: 5)
    var options = StoreOptions(directory: Self.directory)
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    try SteppedStore(options, platform: platform).close()
    var disk = platform.image
    for path in disk.paths where !path.hasSuffix("store.identity") { disk.remove(path) }
    let identity = try #require(disk.contents(of: Self.directory + "/store.identity"))
    let decoded = try identity.withUnsafeBytes { try StoreIdentity(decoding: $0) }
    let sequence = SegmentSequence(decoded.nextSegment.rawValue)
    var body: [UInt8] = []
    var encoding = SegmentEncoder.Options()
    encoding.rowGroupByteCount = rowGroupByteCount
    let encoder = SegmentEncoder(
      SealedFooter(storeID: decoded.storeID, sequence: sequence, hashKey: decoded.hashKey),
      options: encoding
    ) { body += $0 }
    change(encoder)
    bytes = try Self.seal(requests, encoder).encoded() + body
    path = Self.directory + "/" + FileName.sealed(decoded.storeID, sequence)
    disk.put(path, bytes)
    self.disk = disk
  }

  private static func seal(_ requests: [GeneratedRequest], _ encoder: SegmentEncoder) throws -> SealedFooter {
    let hash = TraceIDHash(key: encoder.footer.hashKey)
    var members: [(key: (UInt64, TraceID, UInt64, Int), span: GeneratedSpan, record: UInt32)] = []
    for (number, request) in requests.enumerated() {
      let record = encoder.record(
        SealedRecord(
          sequence: RecordSequence(UInt64(number + 1)), arrival: arrival(of: number),
          acceptedSpanCount: UInt32(request.spans.count), rejectedSpanCount: 0, rulesVersion: 1))
      for span in request.spans {
        let spanID = span.bytes.withUnsafeBytes { SpanBatch.spanID(of: $0) }
        members.append(((hash.hash(of: span.traceID), span.traceID, spanID, number), span, record))
      }
    }
    members.sort { $0.key < $1.key }
    for (place, member) in members.enumerated() {
      if place == 0 || members[place - 1].key.1 != member.key.1 {
        if place > 0 { try encoder.endTrace() }
        encoder.beginTrace(member.key.1, hash: member.key.0)
      }
      let resource = member.span.resource.withUnsafeBytes { encoder.resource($0) }
      let scope = member.span.scope.withUnsafeBytes { encoder.scope($0, resource: resource) }
      try member.span.bytes.withUnsafeBytes { try encoder.add($0, scope: scope, record: member.record) }
    }
    if !members.isEmpty { try encoder.endTrace() }
    return try encoder.finish()
  }

  static func arrival(of request: Int) -> Timestamp {
    Timestamp(nanoseconds: 1_600_000_000_000_000_000 + UInt64(request) * 1_000_000_000)
  }

  /// A machine on whose disk the segment has these bytes.
  func platform(_ mutant: [UInt8]? = nil) -> SimulatedPlatform {
    var disk = disk
    if let mutant { disk.overwrite(path, with: mutant) }
    return SimulatedPlatform(disk)
  }

  /// The same, where changing anything in the directory is a failure.
  func untouchable(_ mutant: [UInt8]? = nil) -> SimulatedPlatform {
    let platform = platform(mutant)
    platform.observe { call, _, _ in
      #expect(!call.isChange || call == .sync || call == .syncDirectory, "the tool changes something")
      return nil
    }
    return platform
  }

  func verify(_ mutant: [UInt8]? = nil) throws -> StoreVerification {
    try StoreVerification.verify(directory: Self.directory, platform: untouchable(mutant))
  }

  /// Names of the parts of the file, in order, and where they end.
  func parts() throws -> [(name: String, end: Int)] {
    let footer = try bytes.withUnsafeBytes { try SealedFooter(decoding: $0) }
    let table = Array(bytes[Int(footer.tablePosition)..<bytes.count - SealedFooter.byteCount])
    let layout = try table.withFormatBytes { (table) throws(FormatError) in
      try SealedLayout(footer, table: table) { (section) in
        Array(bytes[Int(section.position)..<Int(section.position + section.byteCount)])
      }
    }
    return [("a copy of its footer", SealedFooter.byteCount)]
      + layout.sections.map { ($0.name, Int($0.position + $0.byteCount)) } + [
        ("table of sections", bytes.count - SealedFooter.byteCount), ("a copy of its footer", bytes.count),
      ]
  }
}
