package import SpanModel

/// The two blocks of a row group, told apart before anything in them is believed.
package struct RowGroupParts {
  /// Bytes of a row group at the most.
  package static let byteCountMax = 2 * (SealedBlock.headerByteCount + SealedBlock.rawByteCountMax)

  package let keyByteCount: Int
  package let valueByteCount: Int

  package var byteCount: Int { keyByteCount + valueByteCount }

  /// - Parameter bytes: begin with the row group.
  package init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    keyByteCount = try SealedBlock(header: bytes).byteCount
    guard keyByteCount <= bytes.count else { throw .tooShort(byteCount: bytes.count, needed: keyByteCount) }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[keyByteCount...])
    valueByteCount = try SealedBlock(header: rest).byteCount
    guard valueByteCount <= rest.count else { throw .tooShort(byteCount: rest.count, needed: valueByteCount) }
  }

  /// What is wrong with the bytes of a row group: block by block.
  ///
  /// - Parameter position: where in the file they stand.
  package static func faults(in bytes: UnsafeRawBufferPointer, salt: FileSalt, at position: UInt64)
    -> [SealedFault]
  {
    let parts: RowGroupParts
    let whole = position..<position + UInt64(bytes.count)
    do throws(FormatError) { parts = try RowGroupParts(bytes) } catch { return [SealedFault(whole, error)] }
    let values = parts.keyByteCount..<parts.byteCount
    var faults = [0..<parts.keyByteCount, values].compactMap { place in
      SealedFault.find(
        inBlock: UnsafeRawBufferPointer(rebasing: bytes[place]), salt: salt,
        at: position + UInt64(place.lowerBound))
    }
    // A byte count that is damaged makes one of the blocks a fault.
    if faults.isEmpty, parts.byteCount < bytes.count {
      faults.append(
        SealedFault(position + UInt64(parts.byteCount)..<whole.upperBound, .field("row group byte count")))
    }
    return faults
  }

  /// The traces in a row group whose key block is whole; none when it is not.
  ///
  /// - Parameters:
  ///   - bytes: begin with the key block.
  ///   - position: where in the file they stand.
  package static func traceIDs(in bytes: UnsafeRawBufferPointer, salt: FileSalt, at position: UInt64)
    -> [TraceID]
  {
    do throws(FormatError) {
      let byteCount = try SealedBlock(header: bytes).byteCount
      guard byteCount <= bytes.count else { return [] }
      let keys = try SealedLayout.block(
        UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]), salt, at: position)
      return keys.withUnsafeBytes { traceIDs(inKeys: $0) }
    } catch {
      return []
    }
  }

  /// - Parameter keys: the uncompressed key block.
  private static func traceIDs(inKeys keys: UnsafeRawBufferPointer) -> [TraceID] {
    var cursor = ProtobufCursor(keys)
    do throws(WireError) {
      _ = try cursor.readFixed32()
      var ids: [TraceID] = []
      for _ in 0..<(try cursor.readFixed32()) {
        let (high, low) = (try cursor.readFixed64(), try cursor.readFixed64())
        ids.append(TraceID(high: high.byteSwapped, low: low.byteSwapped))
      }
      return ids
    } catch {
      return []
    }
  }
}
