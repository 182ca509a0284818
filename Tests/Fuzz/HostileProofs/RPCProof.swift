internal import SpanTestKit
internal import SpanWire

/// Any bytes, cut anywhere, through the door's protocol and the client's reading of answers: the same
/// happens however they are cut, memory is granted for what came and not for what is claimed, and every
/// request ends.
package struct RPCProof: FuzzProof {
  private var stream = RPCStream()
  private var server = (whole: ServerRun(), cut: ServerRun())
  private var client = (whole: ClientRun(), cut: ClientRun())

  package init() {}

  package static func seed(_ number: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: number)
    return (0..<Int.random(in: 8...160, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  package mutating func fault(in input: UnsafeRawBufferPointer) -> String? {
    var script = ScriptReader(input)
    let policy = ServerPolicy(script.byte())
    let cuts = UInt64(script.byte())
    stream.fill(from: &script)
    return stream.bytes.withUnsafeBytes { bytes in
      server.whole.begin(policy)
      server.cut.begin(policy)
      client.whole.begin()
      client.cut.begin()
      if let fault = server.whole.take(bytes) ?? server.whole.end() { return fault }
      if let fault = client.whole.take(bytes) { return "client: \(fault)" }
      if let fault = takeCut(bytes, seed: cuts) ?? server.cut.end() { return "cut: \(fault)" }
      if server.whole.digest != server.cut.digest {
        return "the door does something else when cut by \(cuts)"
      }
      return client.whole.digest == client.cut.digest
        ? nil : "the client reads something else when cut by \(cuts)"
    }
  }

  private mutating func takeCut(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> String? {
    var random = SeededRandom(seed: seed)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int(random.next() % (seed % 3 == 0 ? 2 : 24)) + 1
      let run = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
      if let fault = server.cut.take(run) ?? client.cut.take(run) { return fault }
      rest = rest.dropFirst(count)
    }
    return nil
  }
}
