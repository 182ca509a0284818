internal import SpanModel

/// All spans of several sealed segments in one order: by hash of the trace, trace, span id, and the record
/// they came in. Holds one row group of each.
struct SealedMerge {
  private struct Head {
    let key: MergeInput.Key
    let input: MergeInput
  }

  /// The next spans of the inputs that have some, the least of which is the last.
  private var heads: [Head] = []
  private let willRead: (Int) throws(StoreError) -> Void

  init(_ segments: [SealedSegment], _ willRead: @escaping (Int) throws(StoreError) -> Void)
    throws(StoreError)
  {
    self.willRead = willRead
    for (number, segment) in segments.enumerated() {
      guard let input = try MergeInput(segment, number: number) else { continue }
      if let key = try input.advance(willRead) { insert(Head(key: key, input: input)) }
    }
  }

  /// The next span: its key, and the input that stands at it.
  var next: (key: MergeInput.Key, input: MergeInput)? { heads.last.map { ($0.key, $0.input) } }

  /// Goes on behind the next span.
  mutating func advance() throws(StoreError) {
    guard let head = heads.popLast() else { preconditionFailure("the merge is at its end") }
    if let key = try head.input.advance(willRead) { insert(Head(key: key, input: head.input)) }
  }

  /// Most often it goes where it came from: spans of a trace stand together.
  private mutating func insert(_ head: Head) {
    var place = heads.count
    while place > 0, heads[place - 1].key < head.key { place -= 1 }
    heads.insert(head, at: place)
  }
}
