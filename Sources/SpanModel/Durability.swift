/// What has happened to an append's bytes before it is answered.
package enum Durability: Hashable, Sendable {
  /// They are on stable storage: nothing acked is lost by `kill -9` or by loss of power. The default.
  case sync
  /// The operating system has them: safe from `kill -9`, not from loss of power.
  case operatingSystem
  /// As `operatingSystem`, with a sync at this interval.
  case interval(Duration)
}

extension Durability: CustomStringConvertible {
  package var description: String {
    switch self {
    case .sync: "sync"
    case .operatingSystem: "os"
    case .interval(let duration): "interval=\(duration / .milliseconds(1))ms"
    }
  }
}
