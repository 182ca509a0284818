import ArgumentParser

/// When a server compacts.
enum CompactionTime: String, ExpressibleByArgument {
  case background
  case off
}
