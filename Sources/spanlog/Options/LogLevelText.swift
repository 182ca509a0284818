import ArgumentParser
import Logging

/// Levels of the log as they are written in flags.
enum LogLevelText {
  static let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

  static func parse(_ text: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: text) else {
      throw ValidationError("\"\(text)\" is no level; write one of \(names)")
    }
    return level
  }
}
