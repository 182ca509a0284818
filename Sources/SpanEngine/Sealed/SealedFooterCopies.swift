internal import SpanModel
internal import SpanWire

/// The footer of a sealed segment, of which a copy stands at either end of the file.
struct SealedFooterCopies {
  enum Failure: Error {
    case file(FileError)
    /// Nothing in the file can be found.
    case damaged(Damage)
    /// A newer release wrote it.
    case newer(FormatError)
  }

  let footer: SealedFooter
  /// What is wrong with one of the copies; nothing is lost while the other is whole.
  let damage: Damage?

  init(_ name: String, _ file: File) throws(Failure) {
    let copies: (first: [UInt8], last: [UInt8])
    let byteCount: UInt64
    let end: UInt64
    do throws(FileError) {
      byteCount = try file.byteCount()
      let footerByteCount = UInt64(SealedFooter.byteCount)
      end = byteCount >= footerByteCount ? byteCount - footerByteCount : 0
      copies = (try Self.read(file, at: 0), try Self.read(file, at: end))
    } catch {
      throw .file(error)
    }
    switch (Self.decode(copies.last), Self.decode(copies.first)) {
    case (.success(let last), .success(let first)) where first == last:
      footer = last
      damage = nil
    case (.success, .success):
      throw .damaged(.ofSegment(name, byteCount, "its footer's copies differ"))
    case (.success(let last), .failure(let error)):
      footer = last
      damage = Self.damage(name, at: 0, error)
    case (.failure(let error), .success(let first)):
      footer = first
      damage = Self.damage(name, at: end, error)
    case (.failure(let error), .failure):
      if case .version = error { throw .newer(error) }
      throw .damaged(.ofSegment(name, byteCount, "both copies of its footer: \(error)"))
    }
  }

  /// - Returns: nothing of a copy that the device cannot read.
  private static func read(_ file: File, at position: UInt64) throws(FileError) -> [UInt8] {
    do { return try file.read(SealedFooter.byteCount, at: position) } catch {
      guard error.isUnreadable else { throw error }
      return []
    }
  }

  private static func decode(_ bytes: [UInt8]) -> Result<SealedFooter, FormatError> {
    do throws(FormatError) {
      return .success(
        try bytes.withFormatBytes { bytes throws(FormatError) in try SealedFooter(decoding: bytes) })
    } catch {
      return .failure(error)
    }
  }

  private static func damage(_ name: String, at position: UInt64, _ error: FormatError) -> Damage {
    Damage(
      file: name, position: position, byteCount: UInt64(SealedFooter.byteCount), extent: .nothing,
      reason: "a copy of its footer: \(error)")
  }
}

extension Damage {
  /// All of a sealed segment is lost.
  static func ofSegment(_ name: String, _ byteCount: UInt64, _ reason: String) -> Damage {
    Damage(file: name, position: 0, byteCount: byteCount, extent: .segment, reason: reason)
  }
}
