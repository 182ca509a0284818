internal import SpanModel
package import SpanWire
internal import SystemPackage

/// The index of a full segment in the file beside it: entries sorted by tag in checksummed pages, of which
/// only the first tags are held in memory, four bytes for each 340 entries.
///
/// Never changes once it is written. Any thread may read.
package final class IndexFile: Sendable {
  package let name: String
  package let header: IndexHeader
  private let file: File
  private let fences: [UInt32]
  private let cache: IndexCache

  init(name: String, header: IndexHeader, file: File, fences: [UInt32], cache: IndexCache) {
    self.name = name
    self.header = header
    self.file = file
    self.fences = fences
    self.cache = cache
    file.adviseRandomReads()
  }

  var residentByteCount: Int { fences.count * MemoryLayout<UInt32>.stride }

  package var pageCount: Int { fences.count }

  /// The first page that may hold entries of `tag`.
  func firstPage(of tag: UInt32) -> Int {
    // The last page that begins below the tag: entries of one tag may begin in the middle of it.
    var low = 0
    var high = fences.count
    while low < high {
      let middle = (low + high) / 2
      if fences[middle] < tag { low = middle + 1 } else { high = middle }
    }
    return max(0, low - 1)
  }

  /// Whether `page` may hold entries of `tag`, all pages before being known.
  func mayHold(_ tag: UInt32, page: Int) -> Bool { page < fences.count && fences[page] <= tag }

  /// What `use` makes of a page.
  ///
  /// - Throws: `.corrupt` when the page is not what was written: the segment itself tells the same.
  func withPage<Value>(_ number: Int, _ use: (IndexPage) -> Value) throws(StoreError) -> Value {
    precondition(number < pageCount, "no such page")
    let key = IndexCache.Key(segment: header.segment.rawValue, page: UInt32(number))
    // What the cache holds was checked when it came in.
    if let value = cache.withPage(key, { try? use(IndexPage(checked: $0)) }) ?? nil { return value }
    var outcome: Result<Value, StoreError>?
    withUnsafeTemporaryAllocation(byteCount: IndexPage.byteCount, alignment: 8) { bytes in
      do throws(StoreError) { outcome = .success(use(try readPage(number, into: bytes))) } catch {
        outcome = .failure(error)
      }
      if case .success? = outcome, let start = bytes.baseAddress { cache.keep(key, start) }
    }
    guard let outcome else { preconditionFailure("the page was not read") }
    return try outcome.get()
  }

  private func readPage(_ number: Int, into bytes: UnsafeMutableRawBufferPointer) throws(StoreError)
    -> IndexPage
  {
    let position = header.pagePosition(number)
    do {
      let count = try file.read(into: bytes, at: position)
      guard count == bytes.count, let start = bytes.baseAddress else {
        throw StoreError.corrupt(damage(at: position, "the file ends"))
      }
      return try IndexPage(checking: start, salt: header.salt, position: position)
    } catch let error as StoreError {
      throw error
    } catch let error as FileError {
      guard error.isUnreadable else { throw .file(error) }
      throw .corrupt(damage(at: position, FileError.unreadableReason))
    } catch {
      throw .corrupt(damage(at: position, "\(error)"))
    }
  }

  private func damage(at position: UInt64, _ reason: String) -> Damage {
    Damage(
      file: name, position: position, byteCount: UInt64(IndexPage.byteCount), extent: .nothing, reason: reason
    )
  }
}
