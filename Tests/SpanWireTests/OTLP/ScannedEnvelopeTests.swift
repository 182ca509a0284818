import SpanModel
import SpanWire
import Testing

struct ScannedEnvelopeTests {
  static let resource = bytesField(1, textField(1, "resource"))
  static let scope = bytesField(1, textField(1, "scope"))
  static let schema = textField(3, "https://example.com/schema")
  static let span = bytesField(2, ids)

  @Test func `an envelope in one piece is one slice of whole fields`() throws {
    let request = bytesField(1, Self.resource + Self.schema + bytesField(2, Self.scope + Self.span))
    let batch = try scan(request)
    #expect(envelopes(batch, of: request) == [[Self.resource + Self.schema]])
    #expect(scopeEnvelopes(batch, of: request) == [[Self.scope]])
    #expect(batch.spans.map(\.scope) == [0])
  }

  @Test func `an envelope around its spans comes in pieces, in order`() throws {
    let unknown = varintField(1000, 7)
    let scope = bytesField(2, Self.span + Self.scope + unknown + Self.span + Self.schema)
    let request = bytesField(1, Self.resource + scope + unknown + scope + Self.schema)
    let batch = try scan(request)
    #expect(envelopes(batch, of: request) == [[Self.resource, unknown, Self.schema]])
    let pieces = [Self.scope + unknown, Self.schema]
    #expect(scopeEnvelopes(batch, of: request) == [pieces, pieces])
    #expect(batch.spans.map(\.scope) == [0, 0, 1, 1])
  }

  @Test func `a resource that comes again is another one`() throws {
    let resource = bytesField(1, Self.resource + bytesField(2, Self.span))
    let batch = try scan(resource + resource + resource)
    #expect(batch.resources.count == 3)
    #expect(batch.spans.map(\.resource) == [0, 1, 2])
    #expect(batch.scopes.map(\.resource) == [0, 1, 2])
  }

  @Test func `resources and scopes without accepted spans are no entries, and their fields no pieces`() throws
  {
    let rejected = bytesField(2, varintField(6, 1))
    let empty = bytesField(
      1, Self.resource + bytesField(2, Self.scope) + bytesField(2, Self.scope + rejected))
    let full = bytesField(
      1, Self.resource + bytesField(2, Self.schema) + bytesField(2, Self.scope + Self.span))
    let batch = try scan(empty + bytesField(1, []) + full + empty)
    #expect(batch.resources.count == 1 && batch.scopes.map(\.resource) == [0])
    #expect(batch.spans.map(\.scope) == [0] && batch.spans.map(\.resource) == [0])
    #expect(batch.pieces.count == 2 && batch.rejectedSpanCount == 2)
    #expect(envelopes(batch, of: empty + bytesField(1, []) + full + empty) == [[Self.resource]])
  }

  @Test func `scopes and resources that hold nothing take no room, however many`() throws {
    let scopes = [[UInt8]](repeating: [0x12, 0x00], count: 1 << 16)
    let resources = [[UInt8]](repeating: [0x0a, 0x00], count: 1 << 16)
    let batch = try scan(bytesField(1, [UInt8](scopes.joined())) + [UInt8](resources.joined()))
    #expect(batch.scopes.isEmpty && batch.resources.isEmpty && batch.pieces.isEmpty)
  }

  @Test func `what is no message under number 2 belongs to the envelope`() throws {
    let odd = varintField(2, 5) + [0x13, 0x14] + fixed64Field(2, 1)
    let request = bytesField(1, odd + bytesField(2, odd + Self.span))
    let batch = try scan(request)
    #expect(envelopes(batch, of: request) == [[odd]])
    #expect(scopeEnvelopes(batch, of: request) == [[odd]])
  }

  @Test func `unknown fields of the request are stepped over`() throws {
    let unknown = varintField(1, 5) + bytesField(2, [0xff]) + [0x0b, 0x10, 0x00, 0x0c]
    let batch = try scan(unknown + request(spans: [ids]) + unknown)
    #expect(batch.spans.count == 1)
    #expect(batch.pieces.isEmpty)
  }

  @Test func `an empty request holds nothing`() throws {
    #expect(try scan([]).resources.isEmpty)
  }

  @Test func `a failed scan leaves the batch empty`() throws {
    var batch = try scan(request(spans: [ids, []]))
    let broken = request(spans: [ids, []]) + [0x0a, 0x01]
    #expect(throws: WireError(.truncated, position: broken.count - 1)) {
      try broken.withUnsafeBytes { try batch.scan($0) }
    }
    #expect(batch.spans.isEmpty && batch.scopes.isEmpty && batch.resources.isEmpty && batch.pieces.isEmpty)
    #expect(batch.rejectedSpanCount == 0)
  }

  @Test func `what a huge request needed is given back`() throws {
    let scopes = [[UInt8]](repeating: bytesField(2, Self.span), count: 1 << 17)
    var batch = try scan(bytesField(1, [UInt8](scopes.joined())))
    #expect(batch.scopes.count == 1 << 17)
    try batch.scan(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(batch.scopes.capacity == 0)
  }

  @Test func `a request beyond protobuf's limit is a mistake of the caller`() async {
    await #expect(processExitsWith: .failure) {
      var batch = SpanBatch()
      // The precondition comes before the first byte is looked at.
      let start = UnsafeRawPointer(bitPattern: 4096)
      try batch.scan(UnsafeRawBufferPointer(start: start, count: SpanBatch.requestByteCountMax + 1))
    }
  }

  @Test func `room for an ordinary request is kept`() throws {
    let request = request(spans: [[UInt8]](repeating: ids, count: 512))
    var batch = try scan(request)
    let capacity = batch.spans.capacity
    try request.withUnsafeBytes { try batch.scan($0) }
    #expect(batch.spans.capacity == capacity)
    #expect(capacity >= 512)
  }

  private func envelopes(_ batch: SpanBatch, of request: [UInt8]) -> [[[UInt8]]] {
    batch.resources.map { pieces($0.firstPiece, $0.pieceCount, batch, of: request) }
  }

  private func scopeEnvelopes(_ batch: SpanBatch, of request: [UInt8]) -> [[[UInt8]]] {
    batch.scopes.map { pieces($0.firstPiece, $0.pieceCount, batch, of: request) }
  }

  private func pieces(
    _ first: UInt32, _ count: UInt32, _ batch: SpanBatch, of request: [UInt8]
  ) -> [[UInt8]] {
    batch.pieces[Int(first)..<Int(first + count)].map { bytes($0, of: request) }
  }
}
