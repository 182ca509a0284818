/// How a door behaves that a byte of the input chose: what depends on the store, the memory and the kernel.
struct ServerPolicy {
  let answersAtOnce: Bool
  /// Every fourth request waits for memory.
  let isShortOfMemory: Bool
  /// Such a request never gets it.
  let refusesMemory: Bool
  /// The client stops reading after each request.
  let hasSlowClient: Bool
  /// After so many requests the server shuts down.
  let requestCountUntilDrain: Int

  init(_ byte: UInt8) {
    answersAtOnce = byte & 1 != 0
    isShortOfMemory = byte & 2 != 0
    refusesMemory = byte & 4 != 0
    hasSlowClient = byte & 8 != 0
    requestCountUntilDrain = byte < 128 ? .max : Int(byte >> 4 & 7)
  }
}
