import SpanModel

/// How the width of the terminal is shared out among what a line tells.
struct TreeColumns {
  static let columnCountMin = 40
  static let columnCountMax = 1000

  private static let gap = 2
  private static let labelColumnCountMin = 20
  private static let timeColumnCount = 8  // "1000 min" and "-9.99 ms" fit.

  let label: Int
  /// 0 when no span tells its kind, or the terminal is narrow.
  let kind: Int
  /// 0 when no span tells its status, or the terminal is narrow.
  let status: Int
  let start = Self.timeColumnCount
  let duration = Self.timeColumnCount
  /// 0 when the terminal is narrow: no bars rather than no names.
  let bar: Int

  init(_ spans: [TreeSpan], columnCount: Int) {
    let total = min(max(columnCount, Self.columnCountMin), Self.columnCountMax)
    var rest = total - 2 * (Self.timeColumnCount + Self.gap)
    // Few values occur: widths are taken from what is there.
    let statuses = Set(spans.map { TreeSpan.text(ofStatus: $0.status).utf8.count })
    status = Self.take(statuses.max() ?? 0, from: &rest)
    let kinds = Set(spans.map { TreeSpan.text(ofKind: $0.kind).utf8.count })
    kind = Self.take(kinds.max() ?? 0, from: &rest)
    bar = rest >= 45 ? Self.take(rest / 4, from: &rest) : 0
    label = rest
  }

  /// A column and the gap beside it, if that leaves enough for service and name.
  private static func take(_ columnCount: Int, from rest: inout Int) -> Int {
    guard columnCount > 0, rest - columnCount - gap >= labelColumnCountMin else { return 0 }
    rest -= columnCount + gap
    return columnCount
  }

  /// `text`, filled up to `columnCount`, and the gap behind it; nothing at all for a column left out.
  static func cell(_ text: TerminalText, _ columnCount: Int, isRight: Bool = false) -> String {
    guard columnCount > 0 else { return "" }
    let padding = String(repeating: " ", count: max(0, columnCount - text.columnCount))
    let gap = String(repeating: " ", count: gap)
    return (isRight ? padding + text.text : text.text + padding) + gap
  }
}

extension TreeSpan {
  /// OTLP's `SpanKind`.
  static func text(ofKind kind: Int32) -> String {
    switch kind {
    case 0: ""
    case 1: "internal"
    case 2: "server"
    case 3: "client"
    case 4: "producer"
    case 5: "consumer"
    default: "\(kind)"
    }
  }

  /// OTLP's `StatusCode`.
  static func text(ofStatus status: Int32) -> String {
    switch status {
    case 0: ""
    case 1: "ok"
    case errorStatus: "error"
    default: "\(status)"
    }
  }
}
