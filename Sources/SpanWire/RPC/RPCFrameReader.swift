/// Takes a connection's bytes apart into headers and runs of body bytes, however they were cut on the way.
///
/// A pure value: it holds at most 12 bytes and copies no body. Whoever calls it decides what to keep.
package struct RPCFrameReader: Sendable {
  package enum Step {
    /// All bytes given were used; come back with more.
    case needsMore
    /// A frame begins.
    case header(RPCFrameHeader)
    /// The next bytes of its body, at least one; valid as long as the bytes given.
    case body(UnsafeRawBufferPointer)
    /// The body is complete.
    case end
    /// Nothing that follows can be understood. Every later call says so again.
    case invalid(RPCFrameError)
  }

  private enum State {
    case header
    case body(byteCountLeft: Int)
    case invalid(RPCFrameError)
  }

  /// Bodies above this end the connection.
  private let bodyByteCountMax: Int
  private var state = State.header
  private var partialHeader: [UInt8] = []

  package init(bodyByteCountMax: Int) { self.bodyByteCountMax = bodyByteCountMax }

  /// Whether a frame has begun and not ended.
  package var isWithinFrame: Bool {
    switch state {
    case .header: !partialHeader.isEmpty
    case .body: true
    case .invalid: false
    }
  }

  /// Bytes of the current body that have not been given yet.
  package var bodyByteCountLeft: Int {
    if case .body(let byteCountLeft) = state { byteCountLeft } else { 0 }
  }

  /// Takes the next step, stepping over what it used at the front of `bytes`.
  package mutating func next(_ bytes: inout UnsafeRawBufferPointer) -> Step {
    switch state {
    case .header: return nextHeader(&bytes)
    case .body(byteCountLeft: 0):
      state = .header
      return .end
    case .body(let byteCountLeft):
      guard !bytes.isEmpty else { return .needsMore }
      let run = UnsafeRawBufferPointer(rebasing: bytes.prefix(byteCountLeft))
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(run.count))
      state = .body(byteCountLeft: byteCountLeft - run.count)
      return .body(run)
    case .invalid(let error): return .invalid(error)
    }
  }

  private mutating func nextHeader(_ bytes: inout UnsafeRawBufferPointer) -> Step {
    do throws(RPCFrameError) {
      guard let header = try takeHeader(&bytes) else { return .needsMore }
      guard header.bodyByteCount <= bodyByteCountMax else {
        throw .bodyTooLarge(
          requestID: header.requestID, byteCount: header.bodyByteCount, byteCountMax: bodyByteCountMax)
      }
      state = .body(byteCountLeft: header.bodyByteCount)
      return .header(header)
    } catch {
      state = .invalid(error)
      return .invalid(error)
    }
  }

  /// The header at the front, put together from earlier bytes and these; `nil` while it is incomplete.
  private mutating func takeHeader(
    _ bytes: inout UnsafeRawBufferPointer
  ) throws(RPCFrameError) -> RPCFrameHeader? {
    if partialHeader.isEmpty, let header = try RPCFrameHeader(decoding: bytes) {
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(RPCFrameHeader.byteCount))
      return header
    }
    let missing = bytes.prefix(RPCFrameHeader.byteCount - partialHeader.count)
    partialHeader.append(contentsOf: missing)
    bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(missing.count))
    guard partialHeader.count == RPCFrameHeader.byteCount else { return nil }
    let whole = partialHeader
    partialHeader.removeAll(keepingCapacity: true)
    return try Self.decode(whole)
  }

  private static func decode(_ bytes: [UInt8]) throws(RPCFrameError) -> RPCFrameHeader? {
    let result: Result<RPCFrameHeader?, RPCFrameError> = bytes.withUnsafeBytes { bytes in
      do throws(RPCFrameError) {
        return .success(try RPCFrameHeader(decoding: bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
