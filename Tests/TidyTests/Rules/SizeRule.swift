/// Files, functions and lines that nobody can take in at once are refused; the rest is reported.
enum SizeRule {
  static let fileLineCountMax = 800
  static let functionLineCountMax = 100
  /// Columns of a comment; the formatter sees to code.
  static let commentColumnMax = 110

  static func violations(in tree: SourceTree) -> [String] {
    judged(tree).flatMap { file in
      let long = file.functions.filter { $0.lineCount > functionLineCountMax }.map {
        "\(file.path):\($0.line): a function of \($0.lineCount) lines, over \(functionLineCountMax)"
      }
      let wide = file.wideComments.map {
        "\(file.path):\($0): a comment of more than \(commentColumnMax) columns"
      }
      guard file.lineCount > fileLineCountMax else { return long + wide }
      return long + wide + ["\(file.path): \(file.lineCount) lines, over \(fileLineCountMax)"]
    }
  }

  /// Median, ninetieth percentile and maximum of both, for a person to look at.
  static func report(on tree: SourceTree) -> String {
    let files = judged(tree)
    let functions = files.flatMap { file in
      file.functions.map { (place: "\(file.path):\($0.line)", lineCount: $0.lineCount) }
    }
    return row("files", files.map { (place: $0.path, lineCount: $0.lineCount) }) + "\n"
      + row("functions", functions)
  }

  private static func judged(_ tree: SourceTree) -> [SourceFile] {
    tree.files.filter { $0.isSwift && !$0.isGenerated }
  }

  private static func row(_ what: String, _ sizes: [(place: String, lineCount: Int)]) -> String {
    let sorted = sizes.sorted { $0.lineCount < $1.lineCount }
    guard let longest = sorted.last else { return "\(what): none" }
    let median = sorted[sorted.count / 2].lineCount
    let most = sorted[sorted.count * 9 / 10].lineCount
    return "\(what): \(sorted.count), lines: median \(median), 90 % below \(most), "
      + "most \(longest.lineCount) (\(longest.place))"
  }
}
