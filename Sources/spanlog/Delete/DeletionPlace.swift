import Dispatch
import SpanClient
import SpanEngine
import SpanModel
import SpanNet
import SpanQuery

/// Where `delete` deletes: a directory that this process has open, or a server's.
enum DeletionPlace {
  /// With segments of the least size: all that is written is a few tombstones.
  private static let segmentByteCount = 1 << 20

  case store(Store)
  case server(SpanlogClient, name: String)

  init(_ place: StorePlace) async throws {
    switch place {
    case .directory(let directory):
      var options = StoreOptions(directory: directory)
      options.segmentByteCount = Self.segmentByteCount
      // What is full stays as it is for one deletion.
      options.sealsFullSegments = false
      options.compactsSealedSegments = false
      // Not a directory made by a slip of the finger.
      try Store.openReadOnly(directory: directory).close()
      self = .store(try Store.open(options))
    case .server(let address):
      self = .server(try await SpanlogClient.connect(to: address, as: "spanlog delete"), name: "\(address)")
    }
  }

  /// - Returns: how many spans of the trace were hidden.
  func delete(_ traceID: TraceID) async throws -> UInt64 {
    switch self {
    case .store(let store):
      return try await Self.onThreadThatMayBlock { () throws(StoreError) in
        try TraceDeletion(store: store, traceID: traceID).run()
      }
    case .server(let client, let name): return try await Self.delete(traceID, client, name)
    }
  }

  /// Asks again when the server is short of something, after the time that it asks for.
  private static func delete(_ traceID: TraceID, _ client: SpanlogClient, _ name: String) async throws
    -> UInt64
  {
    let notice = RefusalNotice()
    var refusalCount = 0
    while true {
      do throws(ClientError) {
        let count = try await client.deleteTrace(traceID)
        if refusalCount > 0 { notice.ended(by: name, hasGoneThrough: true) }
        return count
      } catch {
        guard let delay = error.retryDelay, refusalCount < RefusalNotice.retryCountMax else { throw error }
        if refusalCount == 0 { notice.refused(by: name, error.message) }
        refusalCount += 1
        try await Task.sleep(for: delay)
      }
    }
  }

  func close() async throws {
    switch self {
    case .store(let store):
      try await Self.onThreadThatMayBlock { () throws(StoreError) in store.close() }
    case .server(let client, _): await client.close()
    }
  }

  /// The threads of tasks must not wait for the disk.
  private static func onThreadThatMayBlock<Value: Sendable>(
    _ body: @escaping @Sendable () throws(StoreError) -> Value
  ) async throws -> Value {
    let result = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        let result: Result<Value, StoreError>
        do throws(StoreError) { result = .success(try body()) } catch { result = .failure(error) }
        continuation.resume(returning: result)
      }
    }
    return try result.get()
  }
}
