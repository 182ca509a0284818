package import SpanWire

/// A store without threads: whoever holds it does the committer's steps.
///
/// For tests, which must decide what happens when.
package final class SteppedStore {
  /// For reading, and for preparing requests.
  package let store: Store
  private let lane: Lane
  private var scratch = AppendScratch()

  /// Opens as `Store.open` does.
  package init(_ options: StoreOptions, platform: any Platform = LinuxPlatform()) throws(StoreError) {
    (store, lane) = try Store.openStepped(options, platform: platform)
  }

  /// Scans a request.
  package func prepare(_ buffer: consuming RequestBuffer) throws(WireError) -> PreparedAppend {
    try store.prepare(buffer, scratch: &scratch)
  }

  /// Commits as many of the first requests as one frame takes.
  ///
  /// - Precondition: each has an accepted span; `Store.submit` answers others without storing them.
  /// - Returns: how many; they are as durable as the store's mode promises, and readable.
  /// - Throws: `.outOfSpace`, after which the store goes on, and the requests must be prepared anew; after any
  ///   other error it must not be stepped.
  package func commit(_ appends: ArraySlice<PreparedAppend>) throws(StoreError) -> Int {
    precondition(appends.allSatisfy { $0.acceptedSpanCount > 0 }, "a request without spans is not stored")
    do { return try lane.commit(appends) } catch {
      switch error {
      case .wantOfSpace(let cause): throw .outOfSpace(cause)
      case .failed(let cause): throw .file(cause)
      }
    }
  }

  /// Makes the next file ahead of its use, as the preparing thread does.
  package func prepareSpare() throws(StoreError) {
    do { try lane.prepareSpare() } catch { throw .file(error) }
  }

  /// Syncs what was written without a sync, as the interval does.
  package func syncWritten() throws(StoreError) {
    do { try lane.syncWritten() } catch { throw .file(error) }
  }

  /// Promises the last frame, as an idle lane does.
  package func writeWitness() throws(StoreError) {
    do { try lane.writeWitness() } catch { throw .file(error) }
  }

  /// Closes the active segment; nothing may be stepped after it.
  package func close() throws(StoreError) {
    do throws(FileError) {
      try lane.close()
      try store.closeFiles()
    } catch {
      throw .file(error)
    }
  }

  package func checkInvariants() { lane.checkInvariants() }
}
