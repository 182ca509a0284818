/// A file imports only what the manifest gives its target and the system modules its target may use; inside
/// the engine no system at all but in two folders.
enum ImportRule {
  /// Which targets may use a module of the system; tests may use any. What is not named here is refused.
  private static let systemModules: [String: Set<String>] = [
    "Dispatch": ["SpanEngine", "SpanNet", "SpanClient", "spanlog"],
    "Foundation": ["SpanProto", "SpanNet", "SpanClient", "SpanRPC", "spanlog"],
    "FoundationEssentials": ["SpanProto", "SpanNet", "SpanClient", "SpanRPC", "spanlog"],
    "Glibc": ["SpanEngine", "SpanTestKit", "SpanCompression", "SpanNet", "SpanClient", "spanlog"],
    "Synchronization": ["SpanEngine", "SpanQuery", "SpanNet", "SpanClient", "SpanRPC", "spanlog"],
    "Testing": [],
  ]

  /// Which targets may use an outside package, and so name it in the manifest; tests may use any.
  private static let outsideModules: [String: Set<String>] = [
    "ArgumentParser": ["spanlog"],
    "Logging": ["SpanNet", "SpanClient", "SpanRPC", "SpanReceivers", "SpanAnswers", "spanlog"],
    "NIOConcurrencyHelpers": [
      "SpanNet", "SpanClient", "SpanRPC", "SpanReceivers", "SpanAnswers", "spanlog",
    ],
    "NIOCore": ["SpanNet", "SpanClient", "SpanRPC", "SpanReceivers", "SpanAnswers", "spanlog"],
    "NIOHTTP1": ["SpanReceivers", "SpanAnswers", "spanlog"],
    "NIOPosix": ["SpanNet", "SpanClient", "SpanRPC", "SpanReceivers", "SpanAnswers", "spanlog"],
    "ServiceLifecycle": ["SpanRPC", "spanlog"],
    "SwiftProtobuf": ["SpanProto", "SpanRPC", "SpanReceivers", "SpanAnswers"],
    "SystemPackage": ["SpanEngine", "spanlog"],
  ]

  /// Inside the engine only `Files/` does input and output, so that the simulated disk sees every call;
  /// `Threads/` has what starts threads and makes them wait.
  private static let engineSystemFolders = ["Sources/SpanEngine/Files/", "Sources/SpanEngine/Threads/"]
  private static let engineSystemModules: Set<String> = ["Glibc", "CLinux"]

  static func violations(in tree: SourceTree) -> [String] {
    let manifest = tree.manifest
    return declarationViolations(manifest)
      + tree.files.flatMap { file in
        manifest.target(of: file.path).map { violations(in: file, of: $0, manifest) } ?? []
      }
      + unusedDependencies(in: tree, manifest)
  }

  private static func violations(
    in file: SourceFile, of target: Manifest.Target, _ manifest: Manifest
  ) -> [String] {
    file.imports.compactMap { module, line in
      let place = "\(file.path):\(line): \(target.name) imports \(module)"
      if target.name == "SpanEngine" && engineSystemModules.contains(module)
        && !engineSystemFolders.contains(where: file.path.hasPrefix)
      {
        return place + ", but inside the engine only Files/ and Threads/ call the system"
      }
      if target.dependencies.contains(module) { return nil }
      guard let users = systemModules[module] else { return place + ", which the manifest does not give it" }
      return target.isTest || users.contains(target.name) ? nil : place + ", which that target may not use"
    }
  }

  private static func declarationViolations(_ manifest: Manifest) -> [String] {
    manifest.targets.filter { !$0.isTest }.flatMap { target in
      target.dependencies.compactMap { module in
        guard manifest.outsideModules.contains(module),
          outsideModules[module]?.contains(target.name) != true
        else { return nil }
        return "Package.swift: \(target.name) names \(module), which that target may not use"
      }
    }
  }

  /// What a target names and never imports makes the map wrong. Tests may name what they only link.
  private static func unusedDependencies(in tree: SourceTree, _ manifest: Manifest) -> [String] {
    manifest.targets.filter { !$0.isTest }.flatMap { target in
      let files = tree.files.filter { manifest.target(of: $0.path)?.name == target.name }
      let used = Set(files.flatMap { $0.imports.map(\.module) })
      return target.dependencies.filter { !used.contains($0) }.map {
        "Package.swift: \(target.name) names \($0) and no file of it imports that"
      }
    }
  }
}
