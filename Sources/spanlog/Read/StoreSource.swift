import SpanEngine
import SpanModel
import SpanQuery

/// Reads traces from a directory that no server has open; changes nothing in it. Blocks while it reads.
final class StoreSource: TraceSource {
  private enum Selection {
    case traces(any TraceIDs, skip: UInt64, limit: UInt64)
    case all(TraceIDReader)
  }

  private let store: Store
  private var selection: Selection
  private var reader: (traceID: TraceID, chunks: TraceReader, wasFound: Bool)?

  init(directory: String, _ selection: ReadSelection) throws {
    store = try Store.openReadOnly(directory: directory)
    self.selection =
      switch selection {
      case .traces(let traceIDs, let skip, let limit): .traces(traceIDs, skip: skip, limit: limit ?? .max)
      case .all: .all(TraceIDReader(store: store))
      }
  }

  func knownDamage() -> KnownDamage { KnownDamage(store.damages) }

  func next() async throws -> TracePiece? {
    do {
      if reader == nil { try openNextTrace() }
    } catch StoreError.corrupt(let damage) {
      // The walk over the ids tells at its end of those it could not read.
      return .damaged("\(damage)")
    }
    guard let reader else { return nil }
    do throws(StoreError) {
      if let chunk = try reader.chunks.nextChunk() {
        self.reader?.wasFound = true
        return .chunk(chunk.bytes, mayRepeat: chunk.mayRepeat)
      }
    } catch {
      guard case .corrupt = error else { throw error }
      self.reader = nil
      return .damaged("\(error)")
    }
    self.reader = nil
    return .end(reader.traceID, wasFound: reader.wasFound)
  }

  private func openNextTrace() throws {
    switch selection {
    case .traces(var traceIDs, let skip, let limit):
      guard let traceID = try traceIDs.next() else { return }
      selection = .traces(traceIDs, skip: skip, limit: limit)
      reader = (traceID, TraceReader(store: store, traceID: traceID, skip: skip, limit: limit), false)
    case .all(let traceIDs):
      guard let traceID = try traceIDs.next() else { return }
      reader = (traceID, traceIDs.traceReader(), false)
    }
  }

  func close() async { store.close() }
}
