/// The body of an error answer, shaped like `google.rpc.Status`.
///
///     int32 code = 1;  string message = 2;  uint64 retry_delay_ms = 15;
package struct RPCStatus: RPCBody, Error {
  /// 0 when none was sent, which no server of ours does.
  package var code = RPCCode(rawValue: 0)
  package var message = ""
  /// Milliseconds to wait before sending the request again; 0 when the server does not advise to.
  package var retryDelayMilliseconds: UInt64 = 0

  package init() {}

  package init(_ code: RPCCode, _ message: String, retryDelayMilliseconds: UInt64 = 0) {
    self.code = code
    self.message = message
    self.retryDelayMilliseconds = retryDelayMilliseconds
  }

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .varint): code = RPCCode(rawValue: Int32(truncatingIfNeeded: try cursor.readVarint()))
    case (2, .bytes): message = try cursor.readText()
    case (15, .varint): retryDelayMilliseconds = try cursor.readVarint()
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonzero(UInt64(bitPattern: Int64(code.rawValue)), field: 1)
    writer.writeNonempty(message, field: 2)
    writer.writeNonzero(retryDelayMilliseconds, field: 15)
  }
}

/// A code of an error answer: gRPC's numbers, so that one table serves every door.
///
/// Format: <https://grpc.io/docs/guides/status-codes/>.
package struct RPCCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: Int32

  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let cancelled = RPCCode(rawValue: 1)
  package static let unknown = RPCCode(rawValue: 2)
  package static let invalidArgument = RPCCode(rawValue: 3)
  package static let deadlineExceeded = RPCCode(rawValue: 4)
  package static let resourceExhausted = RPCCode(rawValue: 8)
  package static let unimplemented = RPCCode(rawValue: 12)
  package static let `internal` = RPCCode(rawValue: 13)
  package static let unavailable = RPCCode(rawValue: 14)
  package static let dataLoss = RPCCode(rawValue: 15)
  package static let unauthenticated = RPCCode(rawValue: 16)
}
