internal import NIOCore
internal import NIOPosix
internal import SpanEngine
internal import SpanNet
internal import SpanWire
internal import Synchronization

/// One answer in the making that comes in many frames.
///
/// Chunks are read on a thread that may block, no more of them at a time than credit and the socket take;
/// while it waits for either, a stream holds nothing but its place.
final class TraceStream: @unchecked Sendable {
  // SAFETY: touched on its connection's event loop alone; `read`, on another thread, uses the source,
  // constants and `hasEnded`.

  /// What one turn of reading brought.
  struct Batch: Sendable {
    /// Whole frames, ready to send.
    var frames: ByteBuffer
    /// What they cost of the credit.
    var bodyByteCount = 0
    var isLast = false
    var hasFailed = false
  }

  let requestID: UInt32
  /// The request's body, counted as in flight until the stream ends.
  let requestByteCount: Int
  let source: any ChunkSource
  let takesCompressed: Bool
  /// What may still be sent. The last chunk may take it below zero, since no span is cut.
  var credit: Int
  /// A turn of reading is queued or under way. Until it is over the stream keeps its place among those there
  /// may be, so that no more turns are queued than there are places.
  var isReading = false
  private let hasEnded = Atomic<Bool>(false)
  /// Since when it waits for its client.
  var waitingSince: NIODeadline?

  init(
    requestID: UInt32, requestByteCount: Int, source: any ChunkSource, credit: Int, takesCompressed: Bool
  ) {
    self.requestID = requestID
    self.requestByteCount = requestByteCount
    self.source = source
    self.credit = credit
    self.takesCompressed = takesCompressed
  }

  var isEnded: Bool { hasEnded.load(ordering: .relaxed) }

  /// Nothing more is wanted of it: a turn that is queued comes to nothing, one under way stops at its next
  /// chunk.
  func end() {
    hasEnded.store(true, ordering: .relaxed)
    waitingSince = nil
  }

  /// It waits, but its client does read.
  func clientReads(now: NIODeadline) {
    if waitingSince != nil { waitingSince = now }
  }

  func hasStalled(now: NIODeadline, after limit: Duration) -> Bool {
    waitingSince.map { now - $0 >= TimeAmount(limit) } ?? false
  }

  /// Reads chunks until `byteCount` bytes have come, and the answer's end if it is reached.
  func read(byteCount: Int) -> Batch {
    var batch = Batch(frames: ByteBuffer())
    do throws(StoreError) {
      while !isEnded, batch.bodyByteCount < byteCount {
        guard let chunk = try source.nextChunk() else {
          batch.isLast = true
          batch.frames.writeHeader(
            RPCFrameHeader(method: RPCMethod.readTrace.answer, requestID: requestID, bodyByteCount: 0))
          return batch
        }
        batch.add(chunk, requestID: requestID, takesCompressed: takesCompressed)
      }
    } catch {
      batch.end(with: RPCStatus(error), requestID: requestID)
    }
    return batch
  }
}

extension TraceStream.Batch {
  mutating func add(_ chunk: AnswerChunk, requestID: UInt32, takesCompressed: Bool) {
    var flags: RPCFlags = chunk.mayRepeat ? [.moreFollows, .mayRepeat] : .moreFollows
    var body = chunk.bytes
    if takesCompressed, let compressed = chunk.bytes.withUnsafeBytes({ LZ4Body.compressed($0) }) {
      flags.insert(.compressed)
      body = compressed
    }
    frames.reserveCapacity(minimumWritableBytes: RPCFrameHeader.byteCount + body.count)
    frames.writeHeader(
      RPCFrameHeader(
        method: RPCMethod.readTrace.answer, flags: flags, requestID: requestID, bodyByteCount: body.count))
    frames.writeBytes(body)
    bodyByteCount += body.count
  }

  mutating func end(with status: RPCStatus, requestID: UInt32) {
    let body = status.encoded
    frames.writeHeader(
      RPCFrameHeader(method: RPCMethod.errorAnswer, requestID: requestID, bodyByteCount: body.count))
    frames.writeBytes(body)
    isLast = true
    hasFailed = true
  }
}
