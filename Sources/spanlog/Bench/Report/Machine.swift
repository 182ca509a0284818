import Glibc

/// Where something was measured: without it a figure says nothing.
struct Machine: Encodable, Equatable {
  var cpu: String
  var cores: Int
  var kernel: String

  /// This one, as `/proc` tells.
  static var current: Machine {
    let model = try? TextFile.lines(of: "/proc/cpuinfo").first { $0.hasPrefix("model name") }
    let name = model?.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
    let kernel = try? TextFile.lines(of: "/proc/sys/kernel/osrelease").first
    return Machine(
      cpu: name ?? "unknown", cores: sysconf(CInt(_SC_NPROCESSORS_ONLN)),
      kernel: "Linux \(kernel ?? "unknown")")
  }

  var text: String { "\(cpu), \(cores) cores, \(kernel)" }
}

/// Small text files.
enum TextFile {
  static func lines(of path: String) throws -> [String] {
    var reader = LineReader(try InputFile(name: path), file: path)
    var lines: [String] = []
    while let line = try reader.next() { lines.append(line) }
    return lines
  }
}
