/// Bytes of a sealed segment that are not what was written there, and why that is known.
package struct SealedFault: Sendable {
  /// Where in the file they stand.
  package let place: Range<UInt64>
  package let error: FormatError

  package init(_ place: Range<UInt64>, _ error: FormatError) {
    self.place = place
    self.error = error
  }
}

extension SealedFault {
  /// What is wrong with bytes that should be one block, and nothing behind it.
  package static func find(inBlock bytes: UnsafeRawBufferPointer, salt: FileSalt, at position: UInt64)
    -> SealedFault?
  {
    do throws(FormatError) {
      _ = try SealedLayout.block(bytes, salt, at: position)
      return nil
    } catch {
      return SealedFault(position..<position + UInt64(bytes.count), error)
    }
  }

  /// What is wrong with bytes that should be a list of items: block by block.
  package static func find(inList bytes: UnsafeRawBufferPointer, salt: FileSalt, at start: UInt64)
    -> [SealedFault]
  {
    let list: ItemList
    do throws(FormatError) { list = try ItemList(decoding: bytes, salt: salt, start: start) } catch {
      return [SealedFault(directory(of: bytes, at: start), error)]
    }
    func fault(_ place: Range<Int>) -> SealedFault? {
      find(
        inBlock: UnsafeRawBufferPointer(rebasing: bytes[place]), salt: salt,
        at: start + UInt64(place.lowerBound))
    }
    // The directory says where each block begins, so each must end where the next one does.
    let begins = list.blocks.map(\.position) + [list.end]
    var faults = zip(begins, begins.dropFirst()).compactMap { fault($0..<$1) }
    if let fault = fault(list.end..<bytes.count - ItemList.trailerByteCount) { faults.append(fault) }
    guard faults.isEmpty else { return faults }
    do throws(FormatError) {
      try list.forEach(of: bytes, salt: salt, start: start) { (_, _) in }
      return []
    } catch {
      return [SealedFault(start..<start + UInt64(bytes.count), error)]
    }
  }

  /// Where a list's directory stands, as far as can be told.
  private static func directory(of bytes: UnsafeRawBufferPointer, at start: UInt64) -> Range<UInt64> {
    let end = start + UInt64(bytes.count)
    guard bytes.count >= ItemList.trailerByteCount, let base = bytes.baseAddress else { return start..<end }
    let trailer = bytes.count - ItemList.trailerByteCount
    let position: UInt64 = (base + trailer).littleEndian(at: 0)
    return start + min(position, UInt64(trailer))..<end
  }
}
