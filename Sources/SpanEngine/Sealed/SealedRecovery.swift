internal import SpanModel
internal import SpanWire

/// The sealed segments of a data directory, and which files they take the place of.
struct SealedRecovery {
  private(set) var segments: [SealedSegment] = []
  private(set) var damages: [Damage] = []
  /// Files all of whose spans are in another: what a crash left between two steps.
  private(set) var superseded: Set<SupersededSegment> = []
  /// Set when a file was written by a newer release.
  private(set) var newer: StoreError?

  init() {}

  init(_ names: [String], in directory: Directory, _ identity: StoreIdentity, cache: SealedCache)
    throws(FileError)
  {
    for name in names.sorted() where FileName.parseSealed(name) != nil {
      switch try SealedSegment.open(name, in: directory, cache: cache) {
      case .whole(let segment, let found):
        damages += found
        take(segment, identity)
      case .damaged(let damage): damages.append(damage)
      case .newer(let error):
        newer = .unusable(path: directory.path(of: name), reason: error.description)
      }
    }
    segments.removeAll { superseded.contains(SupersededSegment(sealed: $0.sequence, of: $0.footer.storeID)) }
    segments.sort(by: SealedSegment.isOlder)
  }

  private mutating func take(_ segment: SealedSegment, _ identity: StoreIdentity) {
    guard segment.footer.belongs(to: identity) else {
      damages.append(
        .ofSegment(segment.name, segment.footer.fileByteCount, SealedFooter.strangerReason))
      return
    }
    superseded.formUnion(segment.supersedes)
    segments.append(segment)
  }

  /// The names in a directory of files whose spans are all in a sealed segment.
  func supersededNames(in storeID: StoreID) -> [String] {
    superseded.filter { $0.storeID == storeID }.map(\.fileName).sorted()
  }
}

extension SealedFooter {
  static let strangerReason = "it belongs to another store"

  func belongs(to identity: StoreIdentity) -> Bool {
    storeID == identity.storeID && hashKey == identity.hashKey
  }
}

extension SupersededSegment {
  var fileName: String {
    switch kind {
    case .log: FileName.active(lane: lane, sequence)
    case .sealed: FileName.sealed(storeID, sequence)
    }
  }
}

extension SealedSegment {
  /// By when its first record came; the sequence tells apart what came at once.
  static func isOlder(_ left: SealedSegment, _ right: SealedSegment) -> Bool {
    (left.footer.firstRecord, left.sequence) < (right.footer.firstRecord, right.sequence)
  }
}
