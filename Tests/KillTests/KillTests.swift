import Foundation
import SpanClient
import SpanModel
import SpanTestKit
import Testing

/// Kills a server under full load, again and again, and looks for what it had acked.
///
/// `SPANLOG_KILLS` says how often; 50 times when it does not, 5 in a debug
/// build, which takes ten times as long for each. `SPANLOG_KILL_SEED` repeats the draws of a run: when
/// it is killed, and with which options each server runs.
struct KillTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let killCount = Int(environment["SPANLOG_KILLS"] ?? "") ?? killCountUsual
  private static let seed =
    UInt64(environment["SPANLOG_KILL_SEED"] ?? "") ?? UInt64.random(in: 0...UInt64.max)
  #if DEBUG
    private static let killCountUsual = 5
  #else
    private static let killCountUsual = 50
  #endif
  /// One directory bears so many kills; every start reads all of it.
  private static let killCountOfDirectory = 50
  private static let connectionCount = 4
  /// Some rounds end before the first file is full, some after several.
  private static let ackCountMax = 600

  @Test func `every request that was acked before a kill reads back whole`() async throws {
    var random = SeededRandom(seed: Self.seed)
    var ackedCount = 0
    for start in stride(from: 0, to: Self.killCount, by: Self.killCountOfDirectory) {
      let rounds = start..<min(start + Self.killCountOfDirectory, Self.killCount)
      ackedCount += try await Self.kill(rounds, &random)
    }
    print("kills: \(Self.killCount), acked requests found again: \(ackedCount), seed \(Self.seed)")
    #expect(ackedCount > 0)
  }

  /// - Returns: acked requests, all of which were found.
  private static func kill(_ rounds: Range<Int>, _ random: inout SeededRandom) async throws -> Int {
    let directory = try TemporaryDirectory()
    var ledgers: [AckLedger] = []
    for round in rounds {
      let ledger = try AckLedger(path: directory.path + "/acked-\(round)")
      let server = try server(directory, segmentMebibytes: Int.random(in: 1...8, using: &random))
      let ackCount = Int.random(in: 1...ackCountMax, using: &random)
      async let load: Void = load(server, round: UInt64(round), ledger)
      await ledger.waitFor(ackCount)
      #expect(server.stop(SIGKILL) == SIGKILL, "the server ended by itself")
      await load
      ledgers.append(ledger)
      try await check([ledger], directory)
    }
    // What was whole after one kill is still whole after all later ones.
    try await check(ledgers, directory)
    return ledgers.reduce(0) { $0 + $1.requests.count }
  }

  private static func server(_ directory: TemporaryDirectory, segmentMebibytes: Int) throws -> ServerProcess {
    try ServerProcess(directory: directory.path + "/data", "--segment-bytes", "\(segmentMebibytes)MiB")
  }

  /// Sends until the server is gone.
  private static func load(_ server: ServerProcess, round: UInt64, _ ledger: AckLedger) async {
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
  private static func check(_ ledgers: [AckLedger], _ directory: TemporaryDirectory) async throws {
    let server = try server(directory, segmentMebibytes: 1)
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
    #expect(server.stop() == 0, "\(server.log)")
  }
}
