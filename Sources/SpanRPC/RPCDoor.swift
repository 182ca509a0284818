internal import NIOCore
internal import NIOPosix
internal import SpanEngine
internal import SpanNet
internal import SpanWire
internal import Synchronization

/// What all connections of one server share; nothing in it waits for anything.
final class RPCDoor: Sendable {
  let store: any RPCStore
  let limits: NetLimits
  let budget: ByteBudget
  let connections: ConnectionCount
  /// Connections that are refused and still read from, so that they learn it.
  let refused = ConnectionCount(countMax: 64)
  let counters = DoorCounters()
  /// Threads that may block on files.
  let readers: NIOThreadPool
  /// Name and release, for the answer to Hello.
  let serverName: String
  private let openedCount = Atomic<UInt64>(0)

  init(store: any RPCStore, limits: NetLimits, budget: ByteBudget, readers: NIOThreadPool, serverName: String)
  {
    self.store = store
    self.limits = limits
    self.budget = budget
    self.readers = readers
    self.serverName = serverName
    connections = ConnectionCount(countMax: limits.connectionCountMax)
  }

  /// The lane of a new connection: one after the other.
  func takeLane() -> Int {
    let number = openedCount.add(1, ordering: .relaxed).oldValue
    return Int(number % UInt64(max(1, store.laneCount)))
  }

  var helloAnswer: HelloAnswer {
    var answer = HelloAnswer()
    answer.version = UInt64(RPCFrameHeader.currentVersion)
    answer.server = serverName
    answer.durability = "\(store.statistics().durability)"
    answer.frameByteCountMax = UInt64(limits.frameByteCountMax)
    answer.requestCountMax = UInt64(limits.requestCountMax)
    answer.inFlightByteCountMax = UInt64(limits.inFlightByteCountMax)
    answer.streamCreditByteCount = UInt64(limits.streamCreditByteCount)
    answer.streamCountMax = UInt64(limits.streamCountMax)
    return answer
  }
}
