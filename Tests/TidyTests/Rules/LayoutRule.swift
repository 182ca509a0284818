/// Targets stand bottom-up in the manifest, and the top of the checkout holds nothing else than agreed.
enum LayoutRule {
  private static let topLevelNames: Set<String> = [
    "Package.swift", "Sources", "Tests", "Benchmarks", "docs", "README.md", "LICENSE",
    // Written by the package manager, and not tracked.
    "Package.resolved",
  ]

  static func violations(in tree: SourceTree) -> [String] {
    topLevelViolations(tree.topLevelNames) + orderViolations(tree.manifest.targets)
  }

  private static func topLevelViolations(_ names: [String]) -> [String] {
    names.filter { !topLevelNames.contains($0) && !$0.hasPrefix(".") }.map {
      "\($0): does not belong at the top"
    }
  }

  private static func orderViolations(_ targets: [Manifest.Target]) -> [String] {
    let own = Set(targets.map(\.name))
    var listed: Set<String> = []
    return targets.flatMap { target in
      defer { listed.insert(target.name) }
      return target.dependencies.filter { own.contains($0) && !listed.contains($0) }.map {
        "Package.swift: \(target.name) depends on \($0), which is listed below it"
      }
    }
  }
}
