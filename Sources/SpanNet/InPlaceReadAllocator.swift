// Everything else NIO offers reads into a buffer of its own, from which a body would have to be copied once.
@_spi(CustomByteBufferAllocator) package import NIOCore

/// Says where the next bytes of a socket belong.
package protocol ReadTarget: AnyObject, Sendable {
  /// Memory to read into, at least one byte; must live until `channelRead` has returned.
  func memoryForRead() -> UnsafeMutableRawBufferPointer
}

/// Has a channel read to where its handler wants the bytes.
///
/// The handler gets them in a `ByteBuffer` that does not own its memory: it must have used or copied all of
/// it when `channelRead` returns. Not for a channel with another handler in front, such as TLS.
package struct InPlaceReadAllocator: RecvByteBufferAllocator {
  /// The channel keeps its first buffer for ever, so that one is its own, and small.
  private static let firstByteCount = 2048

  private static let borrowing = ByteBufferAllocator(
    allocate: { _ in preconditionFailure("memory that was read into is not copied by its buffer") },
    reallocate: { _, _, _ in preconditionFailure("memory that was read into does not grow") },
    deallocate: { _ in },
    copy: { _, _, _ in preconditionFailure("memory that was read into is not copied by its buffer") })

  private let target: any ReadTarget
  private var hasRead = false

  package init(target: any ReadTarget) { self.target = target }

  package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
    guard hasRead else { return allocator.buffer(capacity: Self.firstByteCount) }
    return ByteBuffer(
      takingOwnershipOf: target.memoryForRead(), allocator: Self.borrowing, readerIndex: 0, writerIndex: 0)
  }

  /// None: no buffer is ever used again.
  package func nextBufferSize() -> Int? { nil }

  package mutating func record(actualReadBytes: Int) -> Bool {
    hasRead = true
    return true
  }
}
