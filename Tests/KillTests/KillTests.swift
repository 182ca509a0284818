import Foundation
import SpanClient
import SpanModel
import SpanTestKit
import Testing

/// Kills a server under full load, again and again, and looks for what it had acked.
///
/// `SPANLOG_KILLS` says how often; 20 times when it does not.
struct KillTests {
  private static let killCount = Int(ProcessInfo.processInfo.environment["SPANLOG_KILLS"] ?? "") ?? 20
  private static let connectionCount = 4

  @Test func `every request that was acked before a kill reads back whole`() async throws {
    let directory = try TemporaryDirectory()
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    var ledgers: [AckLedger] = []
    for round in 0..<Self.killCount {
      let ledger = try AckLedger(path: directory.path + "/acked-\(round)")
      let server = try KilledServer(
        directory: directory.path + "/data", log: directory.path + "/log-\(round)")
      async let load: Void = Self.load(server, round: UInt64(round), ledger)
      // Not before there is something to lose, however slow the build under test is.
      for _ in 0..<6000 {
        guard ledger.requests.isEmpty else { break }
        try await Task.sleep(for: .milliseconds(10))
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 50...500, using: &random)))
      server.kill()
      await load
      ledgers.append(ledger)
      try await Self.check([ledger], directory, round: round, seed: seed)
    }
    // What was whole after one kill is still whole after all later ones.
    try await Self.check(ledgers, directory, round: Self.killCount, seed: seed)
    let acked = ledgers.reduce(0) { $0 + $1.requests.count }
    print("kills: \(Self.killCount), acked requests found again: \(acked), seed \(seed)")
    #expect(acked > 0)
  }

  /// Sends until the server is gone.
  private static func load(_ server: KilledServer, round: UInt64, _ ledger: AckLedger) async {
    await withTaskGroup(of: Void.self) { group in
      for connection in 0..<connectionCount {
        group.addTask {
          guard let client = try? await SpanlogClient.connect(host: "127.0.0.1", port: server.port) else {
            return
          }
          var number = UInt64(connection)
          while true {
            let request = AckedRequest(round: round, number: number)
            do {
              try await client.send(request.bytes) { answer in
                if case .success = answer { ledger.note(request) }
              }
            } catch {
              return
            }
            number += UInt64(connectionCount)
          }
        }
      }
    }
    ledger.close()
  }

  /// Reads every request of the ledgers from a server started for it.
  private static func check(
    _ ledgers: [AckLedger], _ directory: TemporaryDirectory, round: Int, seed: UInt64
  ) async throws {
    let server = try KilledServer(
      directory: directory.path + "/data", log: directory.path + "/check-\(round)")
    let client = try await SpanlogClient.connect(host: "127.0.0.1", port: server.port)
    for ledger in ledgers {
      for request in ledger.requests {
        var found: Set<GeneratedSpan> = []
        for try await chunk in client.readTrace(request.traceID) {
          found.formUnion(try decodeAnswer(chunk.bytes))
        }
        #expect(
          found == Set(request.generated.spans),
          "an acked request is not whole: round \(request.round), number \(request.number), seed \(seed)")
      }
    }
    let statistics = try await client.stats()
    #expect(statistics.damageCount == 0, "a kill passes for corruption, seed \(seed)")
    await client.close()
    #expect(server.terminate() == 0)
  }
}
