import SpanEngine
import SpanModel
import SpanQuery

/// Reads traces from a directory that no server has open; changes nothing in it. Blocks while it reads.
final class StoreSource: TraceSource {
  private let store: Store
  private var traceIDs: any TraceIDs
  private let skip: UInt64
  private let limit: UInt64
  private let readsAll: Bool
  private var reader: (traceID: TraceID, chunks: TraceReader, wasFound: Bool)?

  init(directory: String, _ selection: ReadSelection) throws {
    store = try Store.openReadOnly(directory: directory)
    switch selection {
    case .traces(let traceIDs, let skip, let limit):
      (self.traceIDs, self.skip, self.limit, readsAll) = (traceIDs, skip, limit ?? .max, false)
    case .all:
      (traceIDs, skip, limit, readsAll) = (StoredTraceIDs(TraceIDReader(store: store)), 0, .max, true)
    }
  }

  func knownDamage() -> KnownDamage { KnownDamage(store.damages) }

  func next() async throws -> TracePiece? {
    do {
      if reader == nil, let traceID = try traceIDs.next() {
        let chunks = TraceReader(store: store, traceID: traceID, skip: skip, limit: limit)
        reader = (traceID, chunks, false)
      }
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

  func close() async { store.close() }
}

/// All traces of a store.
private struct StoredTraceIDs: TraceIDs {
  let reader: TraceIDReader

  init(_ reader: TraceIDReader) { self.reader = reader }

  mutating func next() throws -> TraceID? { try reader.next() }
}
