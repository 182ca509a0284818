/// Words that say nothing, notes that should have been done, and places that exist on one machine only.
enum WordRule {
  // In parts, so that this very file holds none of them.
  private static let everywhere: [String] = [
    "TO" + "DO", "FIX" + "ME",
    "/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/", "/fa" + "rm/",
    "artif" + "actory", "regis" + "try.", "mir" + "ror.", "-mir" + "ror", "prox" + "y.golang", "py" + "pi.",
  ]

  private static let typeKeywords = ["class ", "struct ", "enum ", "actor ", "protocol "]
  private static let typeEndings = ["Man" + "ager", "Hel" + "per", "Hel" + "pers", "Ut" + "il", "Ut" + "ils"]

  static func violations(in tree: SourceTree) -> [String] {
    tree.files.filter { !$0.isGenerated }.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        (words(in: line) + (file.isSwift ? typeNames(in: line) : [])).map {
          "\(file.path):\(index + 1): \"\($0)\""
        }
      }
    }
  }

  private static func words(in line: Substring) -> [String] {
    everywhere.filter { line.contains($0) }
  }

  /// Names of declared types that name no job.
  private static func typeNames(in line: Substring) -> [String] {
    guard let keyword = typeKeywords.first(where: { line.contains($0) }),
      let range = line.firstRange(of: keyword), !line.drop(while: { $0 == " " }).hasPrefix("//")
    else { return [] }
    let name = String(line[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    return typeEndings.contains { name.hasSuffix($0) } ? [name] : []
  }
}
