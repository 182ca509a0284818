import Foundation
import SpanClient
import SpanEngine
import SpanModel
import SpanNet
import SpanRPC
import SpanTestKit
import SpanWire
import SystemPackage
import Testing

/// Client, door and store together.
@Suite(.timeLimit(.minutes(10)))
struct EndToEndTests {
  private func withStore(_ test: (Store, TestServer) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "spanlog-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var options = StoreOptions(directory: path)
    options.segmentByteCount = 4 << 20
    let store = try Store.open(options)
    try await TestServer.run(store) { server in try await test(store, server) }
    store.close()
  }

  private func connect(_ server: TestServer) async throws -> SpanlogClient {
    try await SpanlogClient.connect(host: server.address.host, port: server.address.port)
  }

  /// A request with spans of these traces; a trace id of zeroes is one the store refuses.
  private func request(_ traceIDs: [TraceID], paddingByteCount: Int = 0) -> [UInt8] {
    var scope = ProtobufWriter()
    for (number, traceID) in traceIDs.enumerated() {
      var span = ProtobufWriter()
      span.writeBytes(ReadTraceRequest(traceID: traceID).traceIDBytes, field: 1)
      span.writeBytes([UInt8](repeating: UInt8(number + 1), count: 8), field: 2)
      span.writeBytes([UInt8](repeating: 0x2e, count: paddingByteCount), field: 5)
      scope.writeBytes(span.bytes, field: 2)
    }
    var resource = ProtobufWriter()
    resource.writeBytes(scope.bytes, field: 2)
    var request = ProtobufWriter()
    request.writeBytes(resource.bytes, field: 1)
    return request.bytes
  }

  @Test func `what was appended is read as soon as it was answered`() async throws {
    try await withStore { _, server in
      let client = try await connect(server)
      for number in 1...50 {
        let traceID = TraceID(high: 7, low: UInt64(number))
        let request = request([traceID])
        #expect(try await client.append(request).rejectedSpanCount == 0)
        var read: [UInt8] = []
        for try await chunk in client.readTrace(traceID) { read += chunk.bytes }
        #expect(read == request)
      }
      await client.close()
    }
  }

  @Test func `refused spans are told, the others are stored`() async throws {
    try await withStore { _, server in
      let client = try await connect(server)
      let good = TraceID(high: 1, low: 1)
      let answer = try await client.append(request([.zero, good, .zero]))
      #expect(answer.rejectedSpanCount == 2)
      #expect(answer.message.contains("its trace id is all zero"))
      #expect(try await client.append(request([.zero])).rejectedSpanCount == 1)
      var chunkCount = 0
      for try await _ in client.readTrace(good) { chunkCount += 1 }
      #expect(chunkCount == 1)
      let stats = try await client.stats()
      #expect(stats.acceptedSpanCount == 1)
      #expect(stats.heldByteCount == 0)
      await client.close()
    }
  }

  @Test func `a read of all returns every trace once`() async throws {
    try await withStore { _, server in
      let client = try await connect(server)
      let traceIDs = (1...100).map { TraceID(high: 3, low: $0) }
      for start in stride(from: 0, to: 100, by: 10) {
        _ = try await client.append(request(Array(traceIDs[start..<start + 10])))
      }
      var chunkCount = 0
      for try await _ in client.readAll() { chunkCount += 1 }
      #expect(chunkCount == 100)
      await client.close()
    }
  }

  @Test func `a deleted trace is gone from every read, the same id can be used again, and both are counted`()
    async throws
  {
    try await withStore { _, server in
      let client = try await connect(server)
      let (deleted, other) = (TraceID(high: 4, low: 1), TraceID(high: 4, low: 2))
      // Twice: equal spans are counted once.
      for _ in 0..<2 { _ = try await client.append(request([deleted, deleted, other])) }
      #expect(try await client.deleteTrace(TraceID(high: 4, low: 3)) == 0)
      #expect(try await client.stats().tombstoneCount == 0, "of what is not there nothing is noted")
      #expect(try await client.deleteTrace(deleted) == 2)
      #expect(try await client.deleteTrace(deleted) == 0)
      for try await _ in client.readTrace(deleted) { Issue.record("a deleted trace is read") }
      var chunkCount = 0
      for try await _ in client.readAll() { chunkCount += 1 }
      #expect(chunkCount == 1)
      let again = request([deleted])
      _ = try await client.append(again)
      var read: [UInt8] = []
      for try await chunk in client.readTrace(deleted) { read += chunk.bytes }
      #expect(read == again)
      #expect(try await client.deleteTrace(deleted) == 1)
      let stats = try await client.stats()
      #expect(stats.tombstoneCount == 1 && stats.deletionCount == 2 && stats.heldSpanCount == 0)
      #expect(stats.openStreamCount == 0)
      await client.close()
    }
  }

  @Test func `spans of a trace that is held are refused in the partial success, and the others stored`()
    async throws
  {
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    options.deleteHold = .seconds(3600)
    let store = try Store.open(options, platform: SimulatedPlatform())
    try await TestServer.run(store) { server in
      let client = try await connect(server)
      let (deleted, other) = (TraceID(high: 4, low: 1), TraceID(high: 4, low: 2))
      #expect(try await client.deleteTrace(deleted) == 0)
      let answer = try await client.append(request([other, deleted, .zero]))
      #expect(answer.rejectedSpanCount == 2)
      #expect(answer.message.contains("its trace was deleted"))
      #expect(try await client.append(request([deleted])).rejectedSpanCount == 1)
      let stats = try await client.stats()
      #expect(stats.heldSpanCount == 2 && stats.rejectedSpanCount == 3 && stats.acceptedSpanCount == 1)
      await client.close()
    }
    store.close()
  }

  @Test func `a large trace comes in many chunks, and a page of it in few`() async throws {
    try await withStore { _, server in
      let client = try await connect(server)
      let traceID = TraceID(high: 5, low: 5)
      for turn in 0..<6 {
        // Twice: equal spans are returned once.
        let request = request([TraceID](repeating: traceID, count: 3), paddingByteCount: 200_000 + turn)
        for _ in 0..<2 { _ = try await client.append(request) }
      }
      var byteCounts: [Int] = []
      for try await chunk in client.readTrace(traceID, skip: 0, limit: 0) {
        byteCounts.append(chunk.bytes.count)
      }
      #expect((3_600_000..<3_610_000).contains(byteCounts.reduce(0, +)))
      #expect(byteCounts.count >= 3 && byteCounts.allSatisfy { $0 < (1 << 20) + 210_000 })
      var page = 0
      for try await chunk in client.readTrace(traceID, skip: 1, limit: 1) { page += chunk.bytes.count }
      #expect((200_000..<201_000).contains(page))
      await client.close()
    }
  }

  @Test func `many clients append at a time and every answer is kept`() async throws {
    try await withStore { store, server in
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for number in 0..<8 {
          tasks.addTask {
            let client = try await connect(server)
            for turn in 0..<100 {
              let traceID = TraceID(high: UInt64(number + 1), low: UInt64(turn + 1))
              try await client.send(request([traceID], paddingByteCount: 1000)) { result in
                if case .failure(let error) = result { Issue.record("\(error)") }
              }
            }
            try await client.flush()
            await client.close()
          }
        }
        try await tasks.waitForAll()
      }
      #expect(store.statistics().acceptedSpanCount == 800)
    }
  }

  @Test func `a full disk is told to who needs room, others append and read, and it is over with room`()
    async throws
  {
    let platform = SimulatedPlatform()
    var options = StoreOptions(directory: "data")
    options.segmentByteCount = StoreOptions.segmentByteCountMin
    let store = try Store.open(options, platform: platform)
    try await TestServer.run(store) { server in
      let client = try await connect(server)
      let small = TraceID(high: 1, low: 1)
      _ = try await client.append(request([small]))
      platform.observe { call, _, _ in call == .create ? .noSpace : nil }
      // Larger than a file, so it needs one of its own.
      let large = request([TraceID(high: 1, low: 2)], paddingByteCount: 100_000)
      let error = await #expect(throws: ClientError.self) { _ = try await client.append(large) }
      #expect(error?.code == .resourceExhausted && error?.retryDelay != nil)
      #expect(
        error?.message.contains("free some space on this file system") == true, "\(error?.message ?? "")")
      let other = try await connect(server)
      #expect(try await other.append(request([small, small])).rejectedSpanCount == 0)
      var read: [UInt8] = []
      for try await chunk in other.readTrace(small) { read += chunk.bytes }
      #expect(!read.isEmpty)
      platform.observe { _, _, _ in nil }
      platform.advanceClock(by: .seconds(2))
      #expect(try await client.append(large).rejectedSpanCount == 0)
      await client.close()
      await other.close()
    }
    store.close()
  }
}
