import Glibc
import NIOConcurrencyHelpers
import NIOCore
import SpanNet
import Synchronization
import Testing

struct SocketFailureTests {
  @Test(arguments: [
    (EADDRINUSE, "Address already in use (errno 98); stop what listens there, or choose another port"),
    (EADDRNOTAVAIL, "Cannot assign requested address (errno 99); it is no address of this machine"),
    (EACCES, "Permission denied (errno 13); ports below 1024 are for privileged users"),
  ])
  func `what keeps a door from opening is told with its remedy`(code: CInt, text: String) {
    #expect(SocketFailure(IOError(errnoCode: code, reason: "bind")).listenText.hasPrefix(text))
  }

  @Test func `an unknown host is not taken for a server that is away`() {
    let unknown = SocketFailure(SocketAddressError.failedToParseIPString("none.invalid"))
    #expect(unknown.connectText == "the host is not known; check its spelling, or write its address")
    #expect(unknown.listenText == "the host is not known; name an address of this machine")
    let refused = SocketFailure(IOError(errnoCode: ECONNREFUSED, reason: "connect"))
    #expect(refused.connectText == "Connection refused (errno 111); is a server listening there?")
    let late = SocketFailure(ChannelError.connectTimeout(.seconds(10)))
    #expect(late.connectText == "no answer within 10 s; is a server listening there?")
  }
}

struct ListenAddressTests {
  @Test(arguments: [
    ("127.0.0.1:7411", "127.0.0.1", 7411), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65535),
  ])
  func `an address is a host and a port`(text: String, host: String, port: Int) throws {
    let address = try ListenAddress(text)
    #expect(address == ListenAddress(host: host, port: port))
    #expect(address.description == text)
  }

  @Test(arguments: [
    ("7411", ListenAddressError.Problem.noPort), (":7411", .noHost), ("[]:1", .invalidHost("[]")),
    ("::1:80", .invalidHost("::1")), ("a:", .invalidPort("")), ("a:65536", .invalidPort("65536")),
    ("a:-1", .invalidPort("-1")), ("a:+1", .invalidPort("+1")), ("a b:1", .invalidHost("a b")),
    ("[a]:1", .invalidHost("[a]")), ("", .noPort),
  ])
  func `anything else is refused with its reason`(text: String, problem: ListenAddressError.Problem) {
    #expect(throws: ListenAddressError(text: text, problem: problem)) { try ListenAddress(text) }
  }

  @Test func `the error tells how to write an address`() throws {
    let error = try #require(throws: ListenAddressError.self) { try ListenAddress("7411") }
    #expect(
      error.description
        == "\"7411\" is no address: it has no port; write HOST:PORT, as in 127.0.0.1:7411 or [::1]:0")
  }
}

struct ByteBudgetTests {
  /// Numbers of those who were resumed, in order.
  private final class Resumed: Sendable {
    let numbers = NIOLockedValueBox<[Int]>([])
    let highest = Synchronization.Atomic<Int>(0)

    var all: [Int] { numbers.withLockedValue { $0 } }

    func add(_ number: Int) { numbers.withLockedValue { $0.append(number) } }
  }

  @Test func `no more is taken than there is`() {
    let budget = ByteBudget(byteCountMax: 10)
    #expect(budget.take(6))
    #expect(!budget.take(5))
    #expect(budget.take(4))
    budget.giveBack(10)
    #expect(budget.takenByteCount == 0)
  }

  @Test func `those who wait are served in order, and nobody passes them by`() {
    let budget = ByteBudget(byteCountMax: 10)
    let resumed = Resumed()
    #expect(budget.take(10))
    _ = budget.wait(for: 8) { resumed.add(1) }
    _ = budget.wait(for: 1) { resumed.add(2) }
    budget.giveBack(5)
    #expect(resumed.all == [])
    #expect(!budget.take(1))
    budget.giveBack(3)
    #expect(resumed.all == [1])
    budget.giveBack(1)
    #expect(resumed.all == [1, 2])
    #expect(budget.takenByteCount == 10)
  }

  @Test func `who stops waiting lets the next go on`() {
    let budget = ByteBudget(byteCountMax: 10)
    let resumed = Resumed()
    #expect(budget.take(6))
    let large = budget.wait(for: 8) { resumed.add(1) }
    _ = budget.wait(for: 4) { resumed.add(2) }
    #expect(budget.stopWaiting(large))
    #expect(resumed.all == [2])
    #expect(!budget.stopWaiting(large))
  }

  @Test func `a wait for room that is there is over at once`() {
    let budget = ByteBudget(byteCountMax: 10)
    let resumed = Resumed()
    let ticket = budget.wait(for: 10) { resumed.add(1) }
    #expect(resumed.all == [1])
    #expect(!budget.stopWaiting(ticket))
  }

  @Test func `many threads never take more than there is, and all are served`() async {
    let budget = ByteBudget(byteCountMax: 100)
    let seen = Resumed()
    await withTaskGroup(of: Void.self) { tasks in
      for number in 0..<8 {
        tasks.addTask {
          for turn in 0..<200 {
            let byteCount = 1 + (number * 31 + turn * 17) % 60
            if !budget.take(byteCount) {
              await withCheckedContinuation { continuation in
                _ = budget.wait(for: byteCount) { continuation.resume() }
              }
            }
            _ = seen.highest.max(budget.takenByteCount, ordering: .relaxed)
            budget.giveBack(byteCount)
          }
        }
      }
    }
    #expect(budget.takenByteCount == 0)
    #expect(seen.highest.load(ordering: .relaxed) <= 100)
  }
}
