/// What a client says of itself; optional as long as the server asks for no token.
///
///     repeated uint32 versions = 1;  string client = 2;  bytes token = 3;  string tenant = 4;
///     bool takes_compressed = 5;
package struct HelloRequest: RPCBody {
  /// More than this are not looked at: there is one version so far.
  package static let versionCountMax = 16

  /// The protocol versions the client speaks; none means 1.
  package var versions: [UInt64] = []
  package var client = ""
  package var token: [UInt8] = []
  package var tenant = ""
  /// Whether answers may be compressed.
  package var takesCompressed = false

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .varint): add(version: try cursor.readVarint())
    case (1, .bytes):
      var packed = try cursor.readMessage()
      while !packed.isAtEnd { add(version: try packed.readVarint()) }
    case (2, .bytes): client = try cursor.readText()
    case (3, .bytes): token = Array(try cursor.readBytes())
    case (4, .bytes): tenant = try cursor.readText()
    case (5, .varint): takesCompressed = try cursor.readVarint() != 0
    default: return false
    }
    return true
  }

  private mutating func add(version: UInt64) {
    if versions.count < Self.versionCountMax { versions.append(version) }
  }

  package func write(to writer: inout ProtobufWriter) {
    for version in versions { writer.writeUInt64(version, field: 1) }
    writer.writeNonempty(client, field: 2)
    if !token.isEmpty { writer.writeBytes(token, field: 3) }
    writer.writeNonempty(tenant, field: 4)
    writer.writeNonzero(takesCompressed ? 1 : 0, field: 5)
  }
}

/// What a server says of itself.
///
///     uint32 version = 1;  string server = 2;  string durability = 3;  uint64 frame_bytes_max = 4;
///     uint64 requests_max = 5;  uint64 in_flight_bytes_max = 6;  uint64 stream_credit_bytes = 7;
///     uint64 streams_max = 8;
package struct HelloAnswer: RPCBody {
  /// The protocol version spoken from here on.
  package var version: UInt64 = 0
  /// Name and release of the server, for people.
  package var server = ""
  /// `sync`, `os` or `interval=…`: what an acked append has behind it.
  package var durability = ""
  /// The largest `length` the server takes.
  package var frameByteCountMax: UInt64 = 0
  /// Unanswered requests of one connection, past which the server stops reading from it.
  package var requestCountMax: UInt64 = 0
  /// The same, in bytes of bodies.
  package var inFlightByteCountMax: UInt64 = 0
  /// What a stream may send before it needs credit.
  package var streamCreditByteCount: UInt64 = 0
  /// Streams a connection may have at a time.
  package var streamCountMax: UInt64 = 0

  package init() {}

  package mutating func readValue(
    of tag: ProtobufTag, from cursor: inout ProtobufCursor
  ) throws(WireError) -> Bool {
    switch (tag.number, tag.wireType) {
    case (1, .varint): version = try cursor.readVarint()
    case (2, .bytes): server = try cursor.readText()
    case (3, .bytes): durability = try cursor.readText()
    case (4, .varint): frameByteCountMax = try cursor.readVarint()
    case (5, .varint): requestCountMax = try cursor.readVarint()
    case (6, .varint): inFlightByteCountMax = try cursor.readVarint()
    case (7, .varint): streamCreditByteCount = try cursor.readVarint()
    case (8, .varint): streamCountMax = try cursor.readVarint()
    default: return false
    }
    return true
  }

  package func write(to writer: inout ProtobufWriter) {
    writer.writeNonzero(version, field: 1)
    writer.writeNonempty(server, field: 2)
    writer.writeNonempty(durability, field: 3)
    writer.writeNonzero(frameByteCountMax, field: 4)
    writer.writeNonzero(requestCountMax, field: 5)
    writer.writeNonzero(inFlightByteCountMax, field: 6)
    writer.writeNonzero(streamCreditByteCount, field: 7)
    writer.writeNonzero(streamCountMax, field: 8)
  }
}
