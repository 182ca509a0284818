import Dispatch
import SpanEngine
import SpanModel
import SpanQuery
import SpanTestKit
import Synchronization
import Testing

struct ConcurrencyTests {
  private static let threadCount = 4
  private static let requestCount = 150

  @Test func `what was acked is readable at once, by any thread, while others append and files roll`() throws
  {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = 256 << 10
    let store = try Store.open(options)
    let failures = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: Self.threadCount) { thread in
      do { try Self.appendAndRead(store, thread) } catch {
        Issue.record(error)
        failures.add(1, ordering: .relaxed)
      }
    }
    #expect(failures.load(ordering: .relaxed) == 0)
    let statistics = store.statistics()
    #expect(statistics.requestCount == UInt64(Self.threadCount * Self.requestCount))
    let sealedCount = statistics.sealedSegmentCount + statistics.compactedSegmentCount
    #expect(statistics.fullSegmentCount + sealedCount > 3)
    store.close()
    #expect(try StoreVerification.verify(directory: directory.path).damages == [])
  }

  @Test func `readers of files that are retired and used again meanwhile get whole answers`() throws {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = 128 << 10
    options.laneCount = 2
    options.retainByteCount = options.retainByteCountMin
    options.indexCacheByteCount = 64 << 10
    // Else there would be little to retire.
    options.sealsFullSegments = false
    let store = try Store.open(options)
    DispatchQueue.concurrentPerform(iterations: Self.threadCount) { thread in
      do { try Self.appendAndReadBack(store, thread) } catch { Issue.record(error) }
    }
    let statistics = store.statistics()
    #expect(statistics.retiredSegmentCount > 10 && statistics.recycledFileCount > 0)
    store.close()
    #expect(try StoreVerification.verify(directory: directory.path).damages == [])
  }

  @Test func `readers during compaction find all that was acked, once`() throws {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = 64 << 10
    options.sealedCacheByteCount = 1
    let compacted = DispatchSemaphore(value: 0)
    options.onEvent = { event in
      if case .compacted = event { compacted.signal() }
    }
    let store = try Store.open(options)
    DispatchQueue.concurrentPerform(iterations: Self.threadCount) { thread in
      do { try Self.appendAndRead(store, thread) } catch { Issue.record(error) }
    }
    // The last ones are merged when nothing comes any more.
    #expect(compacted.wait(timeout: .now() + 60) == .success)
    #expect(store.statistics().compactedSegmentCount >= 4)
    store.close()
    #expect(try StoreVerification.verify(directory: directory.path).damages == [])
  }

  /// Half of the threads append, the others read what is anywhere: some of it, whole spans, and never damage.
  private static func appendAndReadBack(_ store: Store, _ thread: Int) throws {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = (1...5).map { TraceID(high: 77, low: $0) }
    shape.textByteCount = 400...900
    var generator = RequestGenerator(seed: UInt64(thread), shape: shape)
    for number in 0..<2 * requestCount {
      if thread % 2 == 0 {
        let request = generator.request()
        try store.append(request.bytes, lane: number % 2)
        let span = request.spans[0]
        #expect(try store.spans(of: span.traceID).contains(span), "acked, and not read")
      } else {
        let traceID = shape.traceIDs[number % shape.traceIDs.count]
        let found = try store.spans(of: traceID, chunkByteCount: 2000)
        #expect(found.allSatisfy { $0.traceID == traceID } && Set(found).count == found.count)
      }
    }
  }

  @Test func `what is deleted is gone at once for any thread, and what comes later is read, while files go`()
    throws
  {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = 128 << 10
    options.laneCount = 2
    options.retainByteCount = 2 * options.retainByteCountMin
    let store = try Store.open(options)
    DispatchQueue.concurrentPerform(iterations: Self.threadCount) { thread in
      do { try Self.appendAndDelete(store, thread) } catch { Issue.record(error) }
    }
    #expect(store.statistics().retiredSegmentCount > 5)
    #expect(store.statistics().deletionCount == UInt64(Self.threadCount * Self.requestCount / 3))
    let found = try store.traceIDs()
    store.close()
    #expect(try StoreVerification.verify(directory: directory.path).damages == [])
    #expect(try Store.openReadOnly(directory: directory.path).traceIDs() == found)
  }

  /// Appends to a trace of its own through both lanes, and deletes it every now and then.
  private static func appendAndDelete(_ store: Store, _ thread: Int) throws {
    var shape = RequestGenerator.Shape()
    let traceID = TraceID(high: 78, low: UInt64(thread + 1))
    shape.traceIDs = [traceID]
    shape.textByteCount = 400...900
    var generator = RequestGenerator(seed: UInt64(thread), shape: shape)
    var expected: Set<GeneratedSpan> = []
    for number in 0..<requestCount {
      let request = generator.request()
      try store.append(request.bytes, lane: number % 2)
      expected.formUnion(request.spans)
      if number % 3 == 1 {
        let count = try TraceDeletion(store: store, traceID: traceID).run(lane: number / 3 % 2)
        #expect(count == UInt64(expected.count))
        expected = []
      }
      #expect(try Set(store.spans(of: traceID)) == expected)
    }
    #expect(try TraceDeletion(store: store, traceID: TraceID(high: 79, low: 1)).run() == 0)
  }

  private static func appendAndRead(_ store: Store, _ thread: Int) throws {
    var shape = RequestGenerator.Shape()
    shape.traceIDs = (1...7).map { TraceID(high: UInt64(thread + 1), low: $0) }
    shape.textByteCount = 0...400
    var generator = RequestGenerator(seed: UInt64(thread), shape: shape)
    var expected: [TraceID: [GeneratedSpan]] = [:]
    for number in 0..<requestCount {
      // One in fifty fits no ordinary file.
      if number % 50 == 49 { generator.shape.textByteCount = 60_000...60_000 }
      let request = generator.request()
      generator.shape.textByteCount = 0...400
      try store.append(request.bytes)
      for span in request.spans { expected[span.traceID, default: []].append(span) }
      let traceID = request.spans[0].traceID
      #expect(try store.spans(of: traceID).count == expected[traceID]?.count)
    }
    for (traceID, spans) in expected { #expect(try Set(store.spans(of: traceID)) == Set(spans)) }
  }

  @Test func `a queue that is full refuses and does not lose what it took`() throws {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = 1 << 20
    options.queueByteCountMax = 1
    let store = try Store.open(options)
    let sink = BlockingSink()
    var scratch = AppendScratch()
    var generator = RequestGenerator(seed: 1)
    var taken: [GeneratedRequest] = []
    var refusedCount = 0
    for token in 0..<300 {
      let request = generator.request()
      let append = try store.prepare(RequestBuffer(request.bytes), scratch: &scratch)
      do {
        try store.submit(append, token: UInt64(token), sink: sink)
        taken.append(request)
      } catch StoreError.busy {
        refusedCount += 1
      }
    }
    sink.wait(for: taken.count)
    #expect(refusedCount > 0)
    #expect(store.statistics().requestCount == UInt64(taken.count))
    store.close()
    let append = try store.prepare(RequestBuffer(generator.request().bytes), scratch: &scratch)
    #expect(throws: StoreError.self) { try store.submit(append, token: 0, sink: sink) }
  }
}
