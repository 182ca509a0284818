internal import SpanEngine
internal import SpanModel
internal import SpanNet
internal import SpanWire

extension RPCConnection {
  /// Carries out the request whose body is complete.
  func carryOut(_ header: RPCFrameHeader, _ method: RPCMethod) {
    guard let body = takeBody() else { preconditionFailure("a request without a body was carried out") }
    do throws(RPCStatus) {
      if method == .append {
        try append(body.buffer, header, heldByteCount: body.heldByteCount)
      } else {
        // First, so that Stats does not count itself.
        door.budget.giveBack(body.heldByteCount)
        try answer(method, header, body.buffer.bytes)
      }
    } catch {
      if method == .append { door.budget.giveBack(body.heldByteCount) }
      state.answered(byteCount: header.bodyByteCount)
      fail(header.requestID, error)
    }
  }

  // MARK: Append

  private func append(
    _ body: consuming RequestBuffer, _ header: RPCFrameHeader, heldByteCount: Int
  ) throws(RPCStatus) {
    guard header.flags.contains(.compressed) else {
      return try loop.append(body, header: header, heldByteCount: heldByteCount, connection: self)
    }
    let plain = try uncompressed(body.bytes, heldByteCount: heldByteCount)
    let plainByteCount = plain.grantedByteCount
    do throws(RPCStatus) {
      try loop.append(
        plain, header: header, heldByteCount: heldByteCount + plainByteCount, connection: self)
    } catch {
      door.budget.giveBack(plainByteCount)
      throw error
    }
  }

  /// The body of a compressed append, its granted memory taken from the budget.
  ///
  /// - Parameter heldByteCount: what is taken for the compressed body already.
  private func uncompressed(
    _ bytes: UnsafeRawBufferPointer, heldByteCount: Int
  ) throws(RPCStatus) -> RequestBuffer {
    let byteCountMax = door.limits.bodyByteCountMax
    let byteCount = try valid { () throws(LZ4Error) in
      try LZ4Body.uncompressedByteCount(of: bytes, atMost: byteCountMax)
    }
    let buffer = RequestBuffer(byteCount: byteCount)
    let takenByteCount = buffer.wholeByteCount
    let neededByteCount = heldByteCount + takenByteCount
    guard neededByteCount <= door.budget.byteCountMax else { throw tooLarge(neededByteCount) }
    guard door.budget.take(takenByteCount) else { throw memoryExhausted }
    do throws(RPCStatus) {
      buffer.grantAll()
      let room = buffer.room
      try valid { () throws(LZ4Error) in try LZ4Body.uncompress(bytes, into: room) }
      buffer.append(UnsafeRawBufferPointer(room))
    } catch {
      door.budget.giveBack(takenByteCount)
      throw error
    }
    return buffer
  }

  private func valid<Value, Failure: Error & CustomStringConvertible>(
    _ read: () throws(Failure) -> Value
  ) throws(RPCStatus) -> Value {
    do throws(Failure) {
      return try read()
    } catch {
      throw RPCStatus(.invalidArgument, "cannot read the body: \(error)")
    }
  }

  // MARK: The small ones

  private func answer(
    _ method: RPCMethod, _ header: RPCFrameHeader, _ bytes: UnsafeRawBufferPointer
  ) throws(RPCStatus) {
    guard header.flags.contains(.compressed) else {
      return try answerPlain(method, header, bytes)
    }
    let byteCountMax = door.limits.controlByteCountMax
    let plain = try valid { () throws(LZ4Error) in
      try LZ4Body.uncompressed(bytes, atMost: byteCountMax)
    }
    let status = plain.withUnsafeBytes { bytes -> RPCStatus? in
      do throws(RPCStatus) {
        try answerPlain(method, header, bytes)
        return nil
      } catch {
        return error
      }
    }
    if let status { throw status }
  }

  private func answerPlain(
    _ method: RPCMethod, _ header: RPCFrameHeader, _ bytes: UnsafeRawBufferPointer
  ) throws(RPCStatus) {
    switch method {
    case .hello: try greet(header, try decoded(bytes))
    case .stats: answer(header, method, door.statsAnswer)
    case .readTrace: return try startStream(header, try decoded(bytes))
    case .deleteTrace: return try delete(header, try decoded(bytes))
    case .cancel: cancelStream(try decoded(bytes))
    case .credit: extendCredit(try decoded(bytes))
    case .maintain: return try maintain(header, try decoded(bytes))
    case .append, .search, .tail:
      preconditionFailure("\(method) is not answered here")
    }
    // A stream and a Maintain are answered when they end, a deletion when it is durable; everything else is
    // by now.
    state.answered(byteCount: header.bodyByteCount)
  }

  private func decoded<Body: RPCBody>(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) -> Body {
    try valid { () throws(WireError) in try Body(decoding: bytes) }
  }

  func answer(_ header: RPCFrameHeader, _ method: RPCMethod, _ body: some RPCBody) {
    let bytes = body.encoded
    answer(
      RPCFrameHeader(method: method.answer, requestID: header.requestID, bodyByteCount: bytes.count), bytes)
  }

  private func greet(_ header: RPCFrameHeader, _ hello: HelloRequest) throws(RPCStatus) {
    let version = UInt64(RPCFrameHeader.currentVersion)
    guard hello.versions.isEmpty || hello.versions.contains(version) else {
      throw RPCStatus(.unimplemented, "none of the client's protocol versions is known; send version 1")
    }
    takesCompressed = hello.takesCompressed
    answer(header, .hello, door.helloAnswer)
  }
}
