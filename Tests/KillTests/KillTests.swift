import Foundation
import SpanClient
import SpanModel
import SpanTestKit
import Testing

/// Kills a server under full load, again and again, and looks for what it had acked.
///
/// `SPANLOG_KILLS` says how often; 50 times when it does not, 5 in a debug
/// build, which takes ten times as long for each. Every second directory is of servers that drop their
/// oldest segments and use the files again. `SPANLOG_KILL_SEED` repeats the draws of a run: how many acks
/// come before each kill, and how large segments are.
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
  /// Above those of all requests that stay.
  private static let firstDeletedNumber: UInt64 = 1 << 24
  /// Some rounds end before the first file is full, some after several.
  private static let ackCounts = 1...600
  /// At some 8 KB each, most rounds retire segments.
  private static let retainingAckCounts = 300...900
  /// After a start: two files to write to, the one before, however little is in it, and one more with its
  /// index.
  private static let retainedMebibytes = 6

  @Test func `every request that was acked before a kill reads back whole`() async throws {
    var random = SeededRandom(seed: Self.seed)
    var counts = (found: 0, retired: 0, deleted: 0)
    let directoryCount = min(Self.killCount, max(2, Self.killCount / Self.killCountOfDirectory))
    for number in 0..<directoryCount {
      let rounds = Self.killCount * number / directoryCount..<Self.killCount * (number + 1) / directoryCount
      let last = try await Self.kill(rounds, retaining: number % 2 == 1, &random)
      counts.found += last.foundCount
      counts.retired += last.retiredCount
      counts.deleted += last.deletedCount
    }
    print(
      "kills: \(Self.killCount), acked requests found again: \(counts.found), retired: \(counts.retired), "
        + "deleted traces gone: \(counts.deleted), seed \(Self.seed)")
    #expect(counts.found > 0)
    // A round may end before the first deletion is answered.
    #expect(counts.deleted > 0 || Self.killCount < 10)
  }

  /// - Returns: what the last check found.
  private static func kill(_ rounds: Range<Int>, retaining: Bool, _ random: inout SeededRandom) async throws
    -> KillCheck
  {
    let directory = try TemporaryDirectory()
    var ledgers: [AckLedger] = []
    for round in rounds {
      let ledger = try AckLedger(path: directory.path + "/acked-\(round)")
      let server = try server(
        directory, segmentMebibytes: retaining ? 1 : Int.random(in: 1...8, using: &random),
        retaining: retaining)
      let ackCount = Int.random(in: retaining ? retainingAckCounts : ackCounts, using: &random)
      async let load: Void = load(server, round: UInt64(round), ledger)
      await ledger.waitFor(ackCount)
      #expect(server.stop(SIGKILL) == SIGKILL, "the server ended by itself")
      await load
      ledgers.append(ledger)
      _ = try await check([ledger], directory, retaining: retaining)
    }
    // What was whole after one kill is still whole after all later ones.
    return try await check(ledgers, directory, retaining: retaining)
  }

  /// - Parameter retaining: drops the oldest segments; with one lane, so that what is older is known.
  private static func server(_ directory: TemporaryDirectory, segmentMebibytes: Int, retaining: Bool) throws
    -> ServerProcess
  {
    let segmentBytes = "\(segmentMebibytes)MiB"
    guard retaining else {
      return try ServerProcess(directory: directory.path + "/data", "--segment-bytes", segmentBytes)
    }
    return try ServerProcess(
      directory: directory.path + "/data", "--segment-bytes", segmentBytes, "--lanes", "1",
      "--retain-bytes", "\(retainedMebibytes)MiB")
  }

  /// Sends until the server is gone.
  private static func load(_ server: ServerProcess, round: UInt64, _ ledger: AckLedger) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await appendAndDelete(server, round: round, ledger) }
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

  /// Appends and deletes traces of its own, one after the other, until the server is gone.
  private static func appendAndDelete(_ server: ServerProcess, round: UInt64, _ ledger: AckLedger) async {
    guard let client = try? await SpanlogClient.connect(host: "127.0.0.1", port: server.port) else { return }
    for number in firstDeletedNumber... {
      let request = AckedRequest(round: round, number: number)
      do {
        _ = try await client.append(request.bytes)
        let count = try await client.deleteTrace(request.traceID)
        #expect(count == UInt64(Set(request.generated.spans).count))
        ledger.noteDeleted(request)
      } catch {
        return
      }
    }
  }

  /// Reads every request of the ledgers from a server started for it.
  private static func check(_ ledgers: [AckLedger], _ directory: TemporaryDirectory, retaining: Bool)
    async throws -> KillCheck
  {
    let server = try server(directory, segmentMebibytes: 1, retaining: retaining)
    let client = try await SpanlogClient.connect(host: "127.0.0.1", port: server.port)
    var check = KillCheck(client, retainsNewestOnly: retaining, seed: seed)
    try await check.run(ledgers, connectionCount: connectionCount)
    let statistics = try await client.stats()
    #expect(statistics.damageCount == 0, "a kill passes for corruption, seed \(seed)")
    await client.close()
    #expect(server.stop() == 0, "\(server.log)")
    return check
  }
}
