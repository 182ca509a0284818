/// A growing array of plain values whose owner frees it: no reference counting and no uniqueness checks where
/// values arrive one by one.
struct PlainArray<Element: BitwiseCopyable>: BitwiseCopyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  /// Takes no memory until something is appended, unless it is told how much.
  init(capacity: Int = 0) {
    self.capacity = capacity
    // SAFETY: any aligned address serves for no elements.
    base =
      capacity == 0
      ? UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment).unsafelyUnwrapped
      : .allocate(capacity: capacity)
  }

  /// Ends its life.
  func deallocate() { if capacity > 0 { base.deallocate() } }

  var byteCountHeld: Int { capacity * MemoryLayout<Element>.stride }

  var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(elements) }

  @inline(__always)
  subscript(_ number: Int) -> Element {
    get {
      assert(number >= 0 && number < count)
      // SAFETY: numbers come from the owner, who has appended that many.
      return base[number]
    }
    nonmutating set {
      assert(number >= 0 && number < count)
      base[number] = newValue
    }
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow(toHold: count + 1) }
    base[count] = element
    count &+= 1
  }

  mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) {
    guard let start = elements.baseAddress else { return }
    if capacity - count < elements.count { grow(toHold: count + elements.count) }
    (base + count).update(from: start, count: elements.count)
    count += elements.count
  }

  mutating func append(repeating element: Element, count added: Int) {
    if capacity - count < added { grow(toHold: count + added) }
    (base + count).update(repeating: element, count: added)
    count += added
  }

  mutating func removeAll() { count = 0 }

  mutating func removeLast(_ removed: Int) {
    precondition(removed <= count, "more than there is")
    count -= removed
  }

  /// Gives back the memory that no element is in: nothing will be appended any more.
  mutating func trim() { if count > 0, count < capacity { move(toCapacity: count) } }

  @inline(never)
  private mutating func grow(toHold needed: Int) { move(toCapacity: max(needed, capacity * 2, 16)) }

  private mutating func move(toCapacity newCapacity: Int) {
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
    moved.update(from: base, count: count)
    deallocate()
    base = moved
    capacity = newCapacity
  }
}

extension PlainArray<UInt8> {
  mutating func append(_ raw: UnsafeRawBufferPointer) {
    append(contentsOf: raw.assumingMemoryBound(to: UInt8.self))
  }

  @inline(__always)
  mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest &>>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    withUnsafeBytes(of: value.littleEndian) { append($0) }
  }
}
