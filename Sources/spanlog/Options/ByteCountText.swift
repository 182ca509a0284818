/// Sizes as they are written in flags: `1048576`, `512KiB`, `128MiB`, `2GiB`.
enum ByteCountText {
  private static let units: [(suffix: String, shift: Int)] = [("KiB", 10), ("MiB", 20), ("GiB", 30)]

  static func parse(_ text: String) throws(ByteCountTextError) -> Int {
    let unit = units.first { text.hasSuffix($0.suffix) }
    let digits = text.dropLast(unit?.suffix.count ?? 0)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(digits), number <= Int.max >> (unit?.shift ?? 0)
    else { throw ByteCountTextError(text: text) }
    return number << (unit?.shift ?? 0)
  }
}

struct ByteCountTextError: Error, CustomStringConvertible {
  let text: String

  var description: String {
    "\"\(text)\" is no size; write bytes, or a number and KiB, MiB or GiB, as in 128MiB"
  }
}
