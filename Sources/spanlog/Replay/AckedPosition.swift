import SpanModel

/// Up to where everything that was read was acked, whatever the order of the answers.
struct AckedPosition {
  private struct Record {
    let sequence: RecordSequence
    var unackedSpanCount: Int
  }

  /// All records up to this one are done with.
  private(set) var sequence: RecordSequence
  /// Those read since, in order.
  private var records: [Record] = []
  private var doneCount = 0
  /// Something was not acked: the position stays where it is, and nothing need be remembered.
  private var isHeld = false

  init(_ sequence: RecordSequence = RecordSequence(0)) { self.sequence = sequence }

  /// A record was read, of which so many spans will be sent.
  mutating func read(_ sequence: RecordSequence, spanCount: Int) {
    guard !isHeld else { return }
    records.append(Record(sequence: sequence, unackedSpanCount: spanCount))
    advance()
  }

  mutating func acked(_ parts: [ReplayRequest.Part]) {
    guard !isHeld else { return }
    for part in parts {
      guard let place = place(of: part.sequence) else { continue }
      records[place].unackedSpanCount -= part.spanCount
    }
    advance()
  }

  mutating func failed() {
    isHeld = true
    records = []
  }

  private mutating func advance() {
    while doneCount < records.count, records[doneCount].unackedSpanCount <= 0 {
      sequence = records[doneCount].sequence
      doneCount += 1
    }
    // Half of them at a time, so that each is moved once.
    guard doneCount * 2 > records.count else { return }
    records.removeFirst(doneCount)
    doneCount = 0
  }

  private func place(of sequence: RecordSequence) -> Int? {
    var (low, high) = (doneCount, records.count)
    while low < high {
      let middle = (low + high) / 2
      if records[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low < records.count && records[low].sequence == sequence ? low : nil
  }
}
