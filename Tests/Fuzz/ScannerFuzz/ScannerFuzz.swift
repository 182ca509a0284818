import Foundation
import ScannerProof

#if FUZZER
  // SAFETY: libFuzzer calls from one thread only.
  nonisolated(unsafe) private var proof = ScannerProof()

  /// libFuzzer's entry. A disagreement ends the process, which is how the fuzzer learns of it.
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
    let request = UnsafeRawBufferPointer(start: bytes, count: byteCount)
    if let difference = proof.difference(over: request) { fatalError(difference) }
    return 0
  }
#else
  /// Does the scanner agree with swift-protobuf on any bytes?
  ///
  ///     swift build -c release --sanitize=fuzzer --sanitize=address -Xswiftc -DFUZZER \
  ///       --scratch-path .build-fuzz --product scanner-fuzz
  ///     swift run -c release scanner-fuzz seeds FOLDER 200
  ///     SWIFT_BACKTRACE=enable=no .build-fuzz/release/scanner-fuzz FOLDER -max_len=4096 -runs=100000000
  ///
  /// Built without the fuzzer, as here, it makes seeds, repeats findings and tries requests of its own
  /// making.
  @main
  struct ScannerFuzz {
    static func main() {
      do {
        try run(CommandLine.arguments.dropFirst())
      } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(EXIT_FAILURE)
      }
    }

    private static func run(_ arguments: ArraySlice<String>) throws {
      switch (arguments.first, arguments.count) {
      case ("seeds", 3): try writeSeeds(into: arguments[2], count: Int(arguments[3]) ?? 0)
      case ("random", 3): try tryRandom(count: UInt64(arguments[2]) ?? 0, seed: UInt64(arguments[3]) ?? 0)
      case ("replay", 2...): try replay(arguments.dropFirst())
      default: throw Failure("scanner-fuzz seeds FOLDER COUNT | random COUNT SEED | replay FILE…")
      }
    }
  }
#endif
