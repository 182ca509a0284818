internal import CLinux

/// Pages of 2 MiB, which processors find with less ado where memory is met in no order.
enum LargePages {
  static let byteCount = 2 << 20

  /// Memory of at least so many bytes: in large pages when it fills one, else in pages of `alignment` bytes.
  static func allocate(byteCount needed: Int, alignment: Int) -> UnsafeMutableRawBufferPointer {
    let isLarge = needed >= byteCount
    let page = isLarge ? byteCount : alignment
    let made = UnsafeMutableRawBufferPointer.allocate(
      byteCount: (needed + page - 1) / page * page, alignment: page)
    if isLarge { spanlog_advise_large_pages(made.baseAddress, made.count) }
    return made
  }
}
