import ArgumentParser
import SpanNet

/// Where a command finds the store: a directory of its own, or a server.
enum StorePlace: Equatable {
  case directory(String)
  case server(ListenAddress)

  /// - Parameter serverFlag: `--to` or `--from`.
  init(directory: String?, server: ListenAddress?, serverFlag: String) throws {
    switch (directory, server) {
    case (let directory?, nil): self = .directory(directory)
    case (nil, let server?): self = .server(server)
    case (nil, nil):
      throw ValidationError(
        "--data, \(serverFlag): one of them is required; name a data directory or a server's HOST:PORT")
    default:
      throw ValidationError(
        "--data, \(serverFlag): only one of them can be used; a directory that a server has open is reached "
          + "through the server")
    }
  }
}

extension ListenAddress {
  /// As `init(_:)`, for an option's transform.
  static func parse(_ text: String) throws -> ListenAddress { try ListenAddress(text) }
}
