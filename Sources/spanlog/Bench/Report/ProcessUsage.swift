import Glibc

/// What a process has used since it began.
struct ProcessUsage {
  /// User and system time of all its threads.
  var cpuSeconds: Double
  /// The most memory it ever had resident, in bytes.
  var peakByteCount: UInt64

  /// This process.
  static func current() -> ProcessUsage {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    let times = [usage.ru_utime, usage.ru_stime]
    return ProcessUsage(
      cpuSeconds: times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 },
      peakByteCount: UInt64(usage.ru_maxrss) << 10)
  }

  /// Another process, as `/proc` tells (`proc(5)`).
  static func of(processID: Int32) throws -> ProcessUsage {
    let ticks = try cpuTicks(stat: try TextFile.lines(of: "/proc/\(processID)/stat").first ?? "")
    let peak = try TextFile.lines(of: "/proc/\(processID)/status").first { $0.hasPrefix("VmHWM:") }
    let kibibytes = peak?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap {
      UInt64($0)
    }
    return ProcessUsage(
      cpuSeconds: Double(ticks) / Double(sysconf(CInt(_SC_CLK_TCK))), peakByteCount: (kibibytes ?? 0) << 10)
  }

  /// Fields 14 and 15, user and system time. The name in parentheses before them may hold anything.
  private static func cpuTicks(stat: String) throws -> UInt64 {
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = UInt64(fields[12]), let system = UInt64(fields[13]) else {
      throw CommandFailure("the kernel's account of the process has another form than expected: \(stat)")
    }
    return user + system
  }
}
