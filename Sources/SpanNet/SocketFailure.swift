internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Why a socket could not be connected, bound or used, in words for whoever can do something about it.
package struct SocketFailure: Sendable {
  /// What the system, or the look-up of the name, said.
  package let reason: String
  /// The system's error number; `nil` when something else failed.
  private let code: CInt?
  private let isUnknownHost: Bool

  package init(_ error: any Error) {
    let cause = Self.cause(of: error)
    code = (cause as? IOError)?.errnoCode
    isUnknownHost = cause is SocketAddressError || cause is SocketAddressError.UnknownHost
    if let code {
      reason = "\(String(cString: strerror(code))) (errno \(code))"
    } else if case ChannelError.connectTimeout(let time)? = cause as? ChannelError {
      reason = "no answer within \(time.nanoseconds / 1_000_000_000) s"
    } else {
      reason = isUnknownHost ? "the host is not known" : "\(cause)"
    }
  }

  /// The first error of the addresses tried says most.
  private static func cause(of error: any Error) -> any Error {
    guard let error = error as? NIOConnectionError else { return error }
    return error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError ?? error
  }

  /// The reason and what to do, when connecting failed.
  package var connectText: String {
    reason + (isUnknownHost ? "; check its spelling, or write its address" : "; is a server listening there?")
  }

  /// The reason and what to do, when listening failed.
  package var listenText: String {
    if isUnknownHost { return reason + "; name an address of this machine" }
    return switch code {
    case EADDRINUSE: reason + "; stop what listens there, or choose another port"
    case EADDRNOTAVAIL: reason + "; it is no address of this machine: name one that is, or 0.0.0.0 for all"
    case EACCES: reason + "; ports below 1024 are for privileged users: choose another"
    default: reason + "; choose another address"
    }
  }
}
