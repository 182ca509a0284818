import SpanEngine
import SpanModel
import SpanTestKit
import SpanWire

/// A seeded history of operations on a store: the same for every store it is played to.
struct ModelHistory {
  enum Operation {
    /// So many requests, in one commit if they fit a frame.
    case append([GeneratedRequest], of: RecordOwner, lane: Int)
    case delete(TraceID, tenant: UInt32, lane: Int)
    case witness
    case prepareSpare
    case writeIndexes
    /// Rewrites full segments as sealed ones: the oldest, or all.
    case seal(all: Bool)
    /// Merges so many sealed segments from one on, or as many as there are.
    case compact(from: Int, count: Int)
    /// Ends in order, or as a process that is killed, and opens again with other options.
    case reopen(closes: Bool)
    /// Loss of power: unsynced pages, sizes and names are kept by chance.
    case crash(seed: UInt64)
    case read(TraceID, tenant: UInt32, skip: UInt64, limit: UInt64)
    case readAllIDs(tenant: UInt32)
  }

  private var generator: RequestGenerator
  /// Sent before, and perhaps once more: a client's retry.
  private var sent: [GeneratedRequest] = []
  /// Half of the histories have one owner, the others as many as this.
  private let owners: [RecordOwner]

  init(seed: UInt64) {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = (1...200).map { TraceID(high: seed, low: $0) }
    generator = RequestGenerator(seed: seed, shape: shape)
    let others = [(0, 1), (1, 0), (1, 7), (.max, .max)].map { RecordOwner(tenant: $0.0, partition: $0.1) }
    owners = [RecordOwner()] + (seed % 2 == 0 ? others : [])
  }

  mutating func next() -> Operation {
    switch Int.random(in: 0..<1000, using: &generator.random) {
    case 0..<290: .append(requests(), of: owner(), lane: Int.random(in: 0..<8, using: &generator.random))
    case 290..<300:
      .delete(traceID(), tenant: owner().tenant, lane: Int.random(in: 0..<8, using: &generator.random))
    case 300..<330: .witness
    case 330..<360: .prepareSpare
    case 360..<380: .writeIndexes
    case 380..<390: .seal(all: generator.random.next() % 4 == 0)
    case 390..<394: compact()
    case 394..<397: .reopen(closes: generator.random.next() % 2 == 0)
    case 397..<400: .crash(seed: generator.random.next())
    case 400..<402: .readAllIDs(tenant: owner().tenant)
    default: read()
    }
  }

  private mutating func requests() -> [GeneratedRequest] {
    if let again = sent.randomElement(using: &generator.random), generator.random.next() % 8 == 0 {
      return [again]
    }
    // Now and then one that fills a good part of a file, or fits none.
    let large = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 400, 2000, 9000]
    let text = large.randomElement(using: &generator.random) ?? 0
    generator.shape.textByteCount = text...text + 40
    let count = text > 0 ? 1 : Int.random(in: 1...3, using: &generator.random)
    let requests = (0..<count).map { _ in generator.request() }
    if sent.count < 50 { sent += requests.prefix(1) }
    return requests
  }

  private mutating func compact() -> Operation {
    .compact(
      from: Int.random(in: 0..<20, using: &generator.random),
      count: Int.random(in: 1...8, using: &generator.random))
  }

  private mutating func owner() -> RecordOwner {
    owners.count == 1 ? owners[0] : owners.randomElement(using: &generator.random) ?? owners[0]
  }

  /// A few of them stand in no request.
  private mutating func traceID() -> TraceID {
    let low = UInt64.random(in: 1...210, using: &generator.random)
    return TraceID(high: generator.shape.traceIDs[0].high, low: low)
  }

  private mutating func read() -> Operation {
    let (id, tenant) = (traceID(), owner().tenant)
    guard generator.random.next() % 4 == 0 else {
      return .read(id, tenant: tenant, skip: 0, limit: .max)
    }
    return .read(
      id, tenant: tenant, skip: UInt64.random(in: 0...20, using: &generator.random),
      limit: UInt64.random(in: 0...20, using: &generator.random))
  }
}
