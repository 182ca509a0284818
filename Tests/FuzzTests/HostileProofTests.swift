import HostileProofs
import SpanTestKit
import Testing

/// A small dose of what `fuzz` does for as long as it is let.
struct HostileProofTests {
  /// 16 inputs of each.
  private static let seeds = (0..<8 as Range<UInt64>).map { $0 * 10_000 }

  private func fault<Proof: FuzzProof>(of type: Proof.Type, seeds count: Int, from seed: UInt64) -> String? {
    var proof = type.init()
    return proof.fault(ofSeeds: seed..<seed + UInt64(max(1, count / Dose.share)), damageCount: 15)
  }

  @Test(arguments: seeds)
  func `a connection does the same however its bytes are cut, and never traps`(seed: UInt64) {
    #expect(fault(of: RPCProof.self, seeds: 600, from: seed) == nil)
  }

  @Test(arguments: seeds)
  func `a segment with any damage answers nothing that was never written, and never traps`(seed: UInt64) {
    #expect(fault(of: RecoveryProof.self, seeds: 240, from: seed) == nil)
  }

  @Test(arguments: seeds)
  func `whatever a ledger says, no acked span is lost`(seed: UInt64) {
    #expect(fault(of: LedgerProof.self, seeds: 120, from: seed) == nil)
  }

  @Test(arguments: seeds)
  func `whatever an index file says, the spans of its segment are found`(seed: UInt64) {
    #expect(fault(of: IndexProof.self, seeds: 120, from: seed) == nil)
  }

  @Test(arguments: seeds)
  func `any directory reads within its record or is told as damage`(seed: UInt64) {
    #expect(fault(of: DirectoryProof.self, seeds: 60, from: seed) == nil)
  }

  @Test(arguments: seeds)
  func `any text is a keep rule or a mistake with a place, and any bytes are judged`(seed: UInt64) {
    #expect(fault(of: KeepRuleProof.self, seeds: 600, from: seed) == nil)
  }

  @Test(arguments: seeds)
  func `whatever the blocks of a sealed segment say, it reads or is told as damage`(seed: UInt64) {
    #expect(fault(of: SealedProof.self, seeds: 600, from: seed) == nil)
  }
}
