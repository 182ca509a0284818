/// What a door lets its peers use. Every value has a default for a machine of 2 cores and 1 GiB to spare.
package struct NetLimits: Sendable {
  /// The largest `length` of a request's frame: design's 64 MiB. A record's place is 32 bits wide, so it
  /// must stay below 4 GiB.
  package var frameByteCountMax = 64 << 20

  /// The largest body of a request that carries no spans. A Hello with token and tenant is below 8 KiB;
  /// eight times that.
  package var controlByteCountMax = 64 << 10

  /// Connections of one door. One costs about 4 KiB when idle: 4,096 cost 16 MiB.
  package var connectionCountMax = 4096

  /// Unanswered requests of one connection. A commit takes 1 to 10 ms, a 217 KB request 0.1 ms to take in:
  /// 100 of them cover a commit. 40 bytes of bookkeeping each.
  package var requestCountMax = 256

  /// Bytes of unanswered bodies of one connection, past which no further request is begun. 16 MiB are 75
  /// requests of 217 KB: a commit's worth on the fastest disk we measured. One request more may have begun,
  /// so a connection holds at most this and one frame.
  package var inFlightByteCountMax = 16 << 20

  /// Bodies of all connections together, from their first byte to their answer. Two frames of the largest
  /// size and 128 of those the in-flight limits are made for.
  package var budgetByteCountMax = 160 << 20

  /// How long a request waits for room in that budget before it is refused with `RESOURCE_EXHAUSTED`.
  /// The queue of a live lane drains in well under a second.
  package var budgetWaitMax = Duration.seconds(2)

  /// What such a refusal advises to wait. Long enough for a commit of 128 MiB at 150 MB/s.
  package var retryDelay = Duration.seconds(1)

  /// Bytes a second that a body has to bring while other requests wait for memory: a link of 0.5 Mbit/s. Who
  /// sends slower makes room for them. Without it a few clients of a byte now and then could hold the budget.
  package var contendedByteCountPerSecond = 64 << 10

  /// How far a body may fall behind that rate, as the time in which nothing comes. Longer than a request
  /// waits for memory, so that who only paused is seldom taken for slow.
  package var contendedArrearsMax = Duration.seconds(5)

  /// How long a frame may stand still before its connection is closed.
  package var bodyStallMax = Duration.seconds(30)

  /// How long a stream may wait for credit or for its client to read, before it is ended.
  package var streamStallMax = Duration.seconds(60)

  /// After an error that ends a connection, how long it is read from and thrown away so that the error
  /// arrives: closing with bytes unread makes the kernel throw away what was written.
  package var lingerMax = Duration.seconds(2)

  /// How long a drain waits for answers in flight and for clients to close.
  package var drainMax = Duration.seconds(10)

  /// Streams of one connection at a time.
  package var streamCountMax = 16

  /// Streams of one door at a time. Each holds up to 6 MiB when its trace is huge: 120 MiB.
  package var doorStreamCountMax = 20

  /// What a stream may send before it needs credit: 4 chunks of 1 MiB, enough to keep a link of 10 Gbit/s
  /// and 3 ms busy.
  package var streamCreditByteCount = 4 << 20

  /// Bytes written and not yet taken by the kernel, past which a connection is not read from and its
  /// streams pause. One chunk of a stream.
  package var outboundByteCountMax = 1 << 20

  /// Room for one read from a socket. 256 KiB was the fastest of 64 KiB to 1 MiB.
  package var readByteCount = 256 << 10

  package init() {}

  /// The largest body that fits a frame.
  package var bodyByteCountMax: Int { frameByteCountMax - 8 }
}
