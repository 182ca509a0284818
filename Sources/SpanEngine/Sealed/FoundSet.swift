internal import SpanModel
internal import SpanWire
internal import SystemPackage

/// A set file that an earlier process left, and what it comes to.
///
/// All of its outputs count, or none of them does and the log segment does, which is there as long as the
/// set is. So a set that is damaged, or an output of which is missing or cannot be opened, loses nothing: it
/// is as if sealing had not begun. Should the log segment be gone all the same, every output counts that is
/// found.
struct FoundSet {
  /// Of the set file.
  let name: String
  /// Whether the outputs are part of the store.
  let isCommitted: Bool
  /// The outputs, under the names that they have or are to get.
  private(set) var outputNames: Set<String> = []
  private(set) var damages: [Damage] = []

  /// Reads a set, and opens its outputs; changes nothing.
  ///
  /// - Parameter names: all of the directory.
  init(_ name: String, among names: Set<String>, in directory: Directory) throws(StoreError) {
    guard let (lane, sequence) = FileName.parseSet(name) else { preconditionFailure("\(name) is no set") }
    self.name = name
    let outputs = FoundOutputs(names, in: directory, lane: lane, sequence)
    let hasLog = names.contains(FileName.active(lane: lane, sequence))
    switch try Self.read(name, lane, sequence, in: directory) {
    case .failure(let damage):
      isCommitted = !hasLog
      damages = [damage]
      var ignored: [Damage] = []
      for output in outputs.all where try outputs.open(output, &ignored) { outputNames.insert(output) }
    case .success(let set):
      let named = Set(set.outputs.map { FileName.sealed(set.storeID, $0) })
      for output in named.sorted() where try outputs.open(output, &damages) { outputNames.insert(output) }
      isCommitted = !hasLog || outputNames == named
      if isCommitted {
        let missing = named.subtracting(outputNames).subtracting(damages.map(\.file))
        damages += missing.sorted().map { .ofSegment($0, 0, "it is gone, and \(name) names it") }
      } else {
        // Whatever is wrong with them, they are made again.
        outputNames = named
        damages = damages.map { Damage(harmless: $0) }
      }
    }
  }

  private static func read(
    _ name: String, _ lane: UInt32, _ sequence: SegmentSequence, in directory: Directory
  ) throws(StoreError) -> Result<SegmentSet, Damage> {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try directory.contents(of: name, byteCountMax: SegmentSet.byteCountMax + 1) ?? []
    } catch {
      guard error.isUnreadable else { throw .file(error) }
      return .failure(Damage(set: name, FileError.unreadableReason))
    }
    do throws(FormatError) {
      let set = try bytes.withFormatBytes { bytes throws(FormatError) in try SegmentSet(decoding: bytes) }
      guard set.lane == lane, set.log == sequence else { throw .identity }
      return .success(set)
    } catch {
      if case .version = error {
        throw .unusable(path: directory.path(of: name), reason: error.description)
      }
      return .failure(Damage(set: name, error.description, byteCount: UInt64(bytes.count)))
    }
  }
}

extension Damage {
  /// Of a set, with which nothing is lost.
  fileprivate init(set name: String, _ reason: String, byteCount: UInt64 = 0) {
    self.init(file: name, position: 0, byteCount: byteCount, extent: .nothing, reason: reason)
  }

  /// What is damaged stands elsewhere, too.
  fileprivate init(harmless damage: Damage) {
    self.init(
      file: damage.file, position: damage.position, byteCount: damage.byteCount, extent: .nothing,
      reason: damage.reason)
  }
}
