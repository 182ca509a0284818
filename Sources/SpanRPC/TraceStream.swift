internal import NIOCore
internal import NIOPosix
internal import SpanEngine
internal import SpanNet
internal import SpanWire

/// One answer in the making that comes in many frames.
///
/// Chunks are read on a thread that may block, no more of them at a time than credit and the socket take;
/// while it waits for either, a stream holds nothing but its place.
final class TraceStream: @unchecked Sendable {
  // SAFETY: touched on its connection's event loop alone; the reading thread gets the source and constants.

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
  var isReading = false
  var isEnded = false
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

  func hasStalled(now: NIODeadline, after limit: Duration) -> Bool {
    waitingSince.map { now - $0 >= TimeAmount(limit) } ?? false
  }

  /// Reads chunks until `byteCount` bytes have come, and the answer's end if it is reached.
  static func read(
    _ source: any ChunkSource, byteCount: Int, requestID: UInt32, takesCompressed: Bool
  ) -> Batch {
    var batch = Batch(frames: ByteBuffer())
    do throws(StoreError) {
      while batch.bodyByteCount < byteCount {
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
