import NIOCore
import NIOHTTP1

/// One connection to an HTTP/1.1 server, with one request in flight at a time.
final class HTTPConnection: ChannelInboundHandler, @unchecked Sendable {
  // SAFETY: everything but the constants runs on the channel's event loop.

  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart
  typealias Completion = @Sendable (Result<HTTPAnswer, HTTPFailure>) -> Void

  /// Of an answer's body; what is more is read and dropped.
  private static let bodyByteCountMax = 64 << 10

  private let answerTimeout: TimeAmount
  private var context: ChannelHandlerContext?
  private var completion: Completion?
  private var answer: HTTPAnswer?
  private var deadline: Scheduled<Void>?
  private var failure: HTTPFailure?

  init(answerTimeout: TimeAmount) { self.answerTimeout = answerTimeout }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  /// Sends a request; on the event loop.
  ///
  /// - Parameter completion: called once, on the event loop.
  func send(_ head: HTTPRequestHead, body: ByteBuffer, completion: @escaping Completion) {
    guard let context, context.channel.isActive, failure == nil, self.completion == nil else {
      return completion(.failure(failure ?? .closed))
    }
    self.completion = completion
    deadline = context.eventLoop.scheduleTask(in: answerTimeout) {
      self.end(.timeout(seconds: Int(self.answerTimeout.nanoseconds / 1_000_000_000)))
    }
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): answer = HTTPAnswer(head: head)
    case .body(let part):
      let room = Self.bodyByteCountMax - (answer?.body.count ?? 0)
      answer?.body.append(contentsOf: part.readableBytesView.prefix(room))
    case .end: finish()
    }
  }

  private func finish() {
    guard let answer = answer.take() else { return }
    let completion = takeCompletion()
    if completion == nil || !answer.head.isKeepAlive { end(.closed) }
    completion?(.success(answer))
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(.closed)
    self.context = nil
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.broken(error)) }

  /// Whether another request can be sent; on the event loop.
  var isUsable: Bool { failure == nil && completion == nil && context?.channel.isActive == true }

  /// Closes the connection; on the event loop.
  func end(_ failure: HTTPFailure) {
    guard self.failure == nil else { return }
    self.failure = failure
    takeCompletion()?(.failure(failure))
    context?.close(promise: nil)
  }

  private func takeCompletion() -> Completion? {
    deadline?.cancel()
    deadline = nil
    return completion.take()
  }
}
