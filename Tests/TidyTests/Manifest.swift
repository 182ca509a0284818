/// The targets of a package manifest in the order they are listed, read from its text.
///
/// Reads the form this manifest has: `.target(name: "A", dependencies: ["B", product], path: "P")` with
/// products bound to names by `let product: Target.Dependency = .product(name: "Module", …)`.
struct Manifest {
  struct Target {
    let name: String
    /// Whether it proves or measures the others and is part of nothing that is built for use.
    let isTest: Bool
    /// Modules of this package and of outside packages.
    let dependencies: [String]
    /// The directory its sources lie in, from the package's top.
    let directory: String
  }

  private(set) var targets: [Target] = []
  /// The modules that outside packages give.
  private(set) var outsideModules: Set<String> = []

  private static let calls = [
    ".target(", ".executableTarget(", ".testTarget(", ".systemLibrary(", ".plugin(",
  ]

  init(_ text: String) {
    let products = Self.products(in: text)
    outsideModules = Set(products.values)
    guard let list = text.firstRange(of: "targets: [\n") else { return }
    var rest = text[list.upperBound...]
    while let (call, start) = Self.firstCall(in: rest) {
      let arguments = Self.balanced(rest[start...], open: "(", close: ")")
      targets.append(Self.target(call, String(arguments), products))
      rest = rest[arguments.endIndex...]
    }
  }

  /// The target whose directory holds the file at `path`.
  func target(of path: String) -> Target? {
    targets.filter { path.hasPrefix($0.directory + "/") }.max { $0.directory.count < $1.directory.count }
  }

  private static func target(_ call: String, _ arguments: String, _ products: [String: String]) -> Target {
    let name = module(text(after: "name: ", in: arguments) ?? "")
    let directory =
      text(after: "path: ", in: arguments) ?? (call == ".testTarget(" ? "Tests/" : "Sources/") + name
    var dependencies: [String] = []
    if let list = arguments.firstRange(of: "dependencies: [") {
      let items = balanced(arguments[list.upperBound...], open: "[", close: "]")
      dependencies = items.split { ", \n".contains($0) }.map {
        $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : products[String($0)] ?? String($0)
      }
    }
    return Target(
      name: name, isTest: !directory.hasPrefix("Sources/"), dependencies: dependencies.map(module),
      directory: directory)
  }

  /// The name to import a target by.
  private static func module(_ name: String) -> String {
    String(name.map { $0 == "-" ? "_" : $0 })
  }

  private static func products(in text: String) -> [String: String] {
    var products: [String: String] = [:]
    for part in text.split(separator: "let ") where part.contains(": Target.Dependency") {
      let name = part.prefix { $0 != ":" }
      products[String(name)] = self.text(after: ".product(", in: String(part))
    }
    return products
  }

  /// The first text in quotes behind `label`.
  private static func text(after label: String, in text: String) -> String? {
    guard let start = text.firstRange(of: label) else { return nil }
    let quoted = text[start.upperBound...].drop { $0 != "\"" }.dropFirst()
    return String(quoted.prefix { $0 != "\"" })
  }

  private static func firstCall(in text: Substring) -> (call: String, arguments: String.Index)? {
    let found = calls.compactMap { call in text.firstRange(of: call).map { (call, $0) } }
    guard let first = found.min(by: { $0.1.lowerBound < $1.1.lowerBound }) else { return nil }
    return (first.0, first.1.upperBound)
  }

  /// The start of `text`, which stands behind an opening bracket, up to the one that closes it.
  private static func balanced(_ text: Substring, open: Character, close: Character) -> Substring {
    var depth = 1
    return text.prefix {
      depth += $0 == open ? 1 : $0 == close ? -1 : 0
      return depth > 0
    }
  }
}
