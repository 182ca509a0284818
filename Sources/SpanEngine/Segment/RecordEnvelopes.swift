internal import SpanWire

/// The envelopes of the scope of one record that was asked for last.
package struct RecordEnvelopes {
  package private(set) var scopeNumber: UInt32?
  package private(set) var resourceNumber: UInt32?
  package private(set) var scope: [UInt8] = []
  package private(set) var resource: [UInt8] = []

  package init() {}

  /// Forgets what belongs to another record.
  package mutating func reset() {
    scopeNumber = nil
    resourceNumber = nil
  }

  /// Reads both envelopes of a scope, as far as they are not here yet.
  package mutating func load(scope number: UInt32, from reader: inout RecordReader) throws(StoreError) {
    scopeNumber = nil
    let entry = try reader.scope(number)
    if entry.resource != resourceNumber {
      resourceNumber = nil
      let resourceEntry = try reader.resource(entry.resource)
      resource.removeAll(keepingCapacity: true)
      try Self.append(resourceEntry.firstPiece, resourceEntry.pieceCount, from: &reader, to: &resource)
      resourceNumber = entry.resource
    }
    scope.removeAll(keepingCapacity: true)
    try Self.append(entry.firstPiece, entry.pieceCount, from: &reader, to: &scope)
    scopeNumber = number
  }

  private static func append(
    _ first: UInt32, _ count: UInt32, from reader: inout RecordReader, to envelope: inout [UInt8]
  ) throws(StoreError) {
    for offset in 0..<count {
      let piece = try reader.piece(first &+ offset)
      try reader.appendBody(piece, to: &envelope)
    }
  }
}
