/// The requests that are scanned, one behind the other in memory as if they came from a socket.
package struct Corpus: ~Copyable {
  private let storage: UnsafeMutableRawBufferPointer
  package let requests: [UnsafeRawBufferPointer]

  package var byteCount: Int { requests.reduce(0) { $0 + $1.count } }

  package init(_ requests: [[UInt8]]) {
    let storage = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, requests.reduce(0) { $0 + $1.count }), alignment: 64)
    var slices: [UnsafeRawBufferPointer] = []
    var position = 0
    for request in requests {
      let slice = UnsafeMutableRawBufferPointer(rebasing: storage[position..<position + request.count])
      slice.copyBytes(from: request)
      slices.append(UnsafeRawBufferPointer(slice))
      position += request.count
    }
    self.storage = storage
    self.requests = slices
  }

  deinit { storage.deallocate() }
}
