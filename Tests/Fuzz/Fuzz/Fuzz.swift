import Foundation
import HostileProofs
import ScannerProof
import SpanTestKit

/// What can be fuzzed, by name.
enum Fuzz {
  static let proofs: [String: any (FuzzProof & SendableMetatype).Type] = [
    "scanner": ScannerProof.self, "rpc": RPCProof.self, "recovery": RecoveryProof.self,
    "ledger": LedgerProof.self, "directory": DirectoryProof.self, "index": IndexProof.self,
    "rules": KeepRuleProof.self, "sealed": SealedProof.self,
  ]

  static var names: String { proofs.keys.sorted().joined(separator: " | ") }
}

#if FUZZER
  // SAFETY: libFuzzer calls from one thread only.
  nonisolated(unsafe) private var proof: any FuzzProof = {
    let name = ProcessInfo.processInfo.environment["SPANLOG_FUZZ"] ?? ""
    guard let chosen = Fuzz.proofs[name] else { fatalError("SPANLOG_FUZZ is \"\(name)\", not \(Fuzz.names)") }
    return chosen.init()
  }()

  /// libFuzzer's entry. A fault ends the process, which is how the fuzzer learns of it.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
    if let fault = proof.fault(in: UnsafeRawBufferPointer(start: bytes, count: byteCount)) {
      fatalError(fault)
    }
    return 0
  }
#else
  /// Does what is promised of any bytes hold for these?
  ///
  ///     swift build -c release --sanitize=fuzzer --sanitize=address -Xswiftc -DFUZZER \
  ///       --scratch-path .build-fuzz --product fuzz
  ///     swift run -c release fuzz recovery seeds FOLDER 200
  ///     SPANLOG_FUZZ=recovery SWIFT_BACKTRACE=enable=no .build-fuzz/release/fuzz FOLDER -max_len=256 \
  ///       -symbolize=0
  ///
  /// Built without the fuzzer, as here, it makes seeds, repeats findings and tries inputs of its own making.
  @main
  struct Main {
    static func main() {
      do {
        try Fuzz.run(CommandLine.arguments.dropFirst())
      } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(EXIT_FAILURE)
      }
    }
  }
#endif
