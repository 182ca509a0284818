import ArgumentParser
import SpanEngine
import SpanNet

/// Where `compact`, `verify` and `snapshot` find what they are to work on.
enum DirectoryOrServer {
  case directory(String)
  case server(ListenAddress)

  init(_ directory: String?, _ server: ListenAddress?) throws {
    switch (directory, server) {
    case (let directory?, nil): self = .directory(directory)
    case (nil, let server?): self = .server(server)
    default:
      throw ValidationError("one of a data directory and --from is required, and only one can be used")
    }
  }
}

extension StoreError {
  /// What is said of a directory that a server has open: the command that asks it instead.
  func naming(_ command: String) -> any Error {
    guard case .directoryInUse(let path, let processID, _) = self else { return self }
    return CommandFailure(
      "\(path) is in use by \(processID.map { "process \($0)" } ?? "another process"); have that server do it "
        + "(spanlog \(command) --from HOST:PORT), or stop it first")
  }
}
