import SpanEngine
import SpanModel
import SpanTestKit
import Testing

/// A store of a few requests in one closed file, into which tests put damaged bytes.
struct DamagedStore {
  let bytes: [UInt8]
  private let keepsIndex: Bool
  private let disk: SimulatedDisk
  private let path: String
  private let requests: [GeneratedRequest]
  private let expected: [TraceID: [GeneratedSpan]]
  private let deleted: TraceID?

  /// - Parameters:
  ///   - keepsIndex: whether the segment is opened by its index file, and so not read before its traces are.
  ///   - deletes: whether one of the three traces is deleted in the end.
  init(
    seed: UInt64 = 11, requestCount: Int = 3, keepsLedger: Bool = true, keepsIndex: Bool = false,
    deletes: Bool = false
  ) throws {
    let platform = SimulatedPlatform(seed: seed)
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var shape = RequestGenerator.Shape()
    shape.traceIDs = (1...3).map { TraceID(high: 7, low: $0) }
    var generator = RequestGenerator(seed: seed, shape: shape)
    let requests = (0..<requestCount).map { _ in generator.request() }
    for request in requests { _ = try stepped.commit([try stepped.prepare(RequestBuffer(request.bytes))]) }
    deleted = deletes ? shape.traceIDs[1] : nil
    if let deleted { try stepped.delete(deleted) }
    try stepped.close()
    var disk = platform.image
    let path = try #require(disk.paths.first { $0.hasSuffix(".active") })
    if !keepsLedger, let ledger = disk.paths.first(where: { $0.hasSuffix(".ledger") }) {
      disk.overwrite(ledger, with: [])
    }
    if !keepsIndex { disk.removeIndexes() }
    self.keepsIndex = keepsIndex
    bytes = try #require(disk.contents(of: path))
    self.disk = disk
    self.path = path
    self.requests = requests
    expected = Dictionary(grouping: requests.flatMap(\.spans), by: \.traceID)
  }

  private func open(_ mutant: [UInt8]) throws -> Store {
    var damaged = disk
    damaged.overwrite(path, with: mutant)
    let platform = SimulatedPlatform(damaged)
    platform.observe { call, _, _ in
      // A sync changes nothing, it only makes sure.
      let isSync = call == .sync || call == .syncDirectory
      #expect(!call.isChange || isSync, "opening for reading changes something")
      return nil
    }
    return try Store.openReadOnly(directory: CrashWorkload.directory, platform: platform)
  }

  /// Every trace reads as it was written, or the damage is named.
  func check(_ mutant: [UInt8], _ what: String) throws {
    let store = try open(mutant)
    let isReported = store.statistics().damageCount > 0
    for (traceID, spans) in expected {
      do {
        let found = try store.spans(of: traceID)
        if found != (traceID == deleted ? [] : spans) {
          #expect(isReported, "spans are missing and nothing says so: \(what)")
          #expect(Set(found).isSubset(of: spans), "a wrong answer: \(what)")
        }
      } catch StoreError.corrupt {
        #expect(isReported || keepsIndex, "found when reading, missed when opening: \(what)")
      }
    }
  }

  /// The answers are those of the first few requests, or the damage is named.
  func checkPrefix(_ mutant: [UInt8], _ what: String) throws {
    let store = try open(mutant)
    if store.statistics().damageCount > 0 { return }
    var found: Set<GeneratedSpan> = []
    for traceID in expected.keys { found.formUnion(try store.spans(of: traceID)) }
    let prefixes = (0...requests.count).map { Set(requests[..<$0].flatMap(\.spans)) }
    #expect(prefixes.contains(found), "no prefix of the requests: \(what)")
  }
}
