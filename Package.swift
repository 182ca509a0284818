// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioConcurrencyHelpers: Target.Dependency = .product(
  name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let serviceLifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

// Bottom-up: a target depends only on targets of the lines above it.
let package = Package(
  name: "spanlog",
  products: [
    .executable(name: "spanlog", targets: ["spanlog"]),
    .library(name: "SpanClient", targets: ["SpanClient", "SpanModel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CChecksum"),
    .target(name: "CLinux"),
    .target(name: "SpanModel", swiftSettings: strict),
    .target(name: "SpanWire", dependencies: ["CChecksum", "CLZ4", "SpanModel"], swiftSettings: strict),
    .target(
      name: "SpanEngine", dependencies: ["CLinux", "SpanModel", "SpanWire", systemPackage],
      swiftSettings: strict),
    .target(
      name: "SpanQuery", dependencies: ["SpanModel", "SpanWire", "SpanEngine"], swiftSettings: strict),
    .target(
      name: "SpanProto", dependencies: [protobuf], exclude: ["Protos"], swiftSettings: strict),
    .target(name: "SpanCompression", dependencies: ["CZstd", "CZlib"], swiftSettings: strict),
    .target(
      name: "SpanNet", dependencies: [nioConcurrencyHelpers, nioCore, nioPosix],
      swiftSettings: strict),
    .target(
      name: "SpanClient",
      dependencies: ["SpanModel", "SpanWire", "SpanNet", nioConcurrencyHelpers, nioCore, nioPosix],
      swiftSettings: strict),
    .target(
      name: "SpanRPC",
      dependencies: [
        "SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanNet", nioConcurrencyHelpers, nioCore,
        nioPosix, serviceLifecycle,
      ],
      swiftSettings: strict),
    .target(name: "SpanReceivers", dependencies: ["SpanModel", "SpanWire"], swiftSettings: strict),
    .target(
      name: "SpanAnswers",
      dependencies: ["SpanModel", "SpanWire"],
      swiftSettings: strict),
    .executableTarget(
      name: "spanlog",
      dependencies: [
        "CLinux", "SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanCompression", "SpanNet",
        "SpanClient", "SpanRPC", "SpanReceivers", "SpanAnswers", argumentParser, logging,
        nioConcurrencyHelpers, nioCore, nioHTTP1, nioPosix, serviceLifecycle, systemPackage,
      ],
      swiftSettings: strict),

    .target(
      name: "SpanTestKit",
      dependencies: [
        "SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanProto", protobuf, systemPackage,
      ],
      path: "Tests/SpanTestKit", swiftSettings: strict),
    .target(
      name: "ScannerProof", dependencies: ["SpanModel", "SpanWire", "SpanTestKit", protobuf],
      path: "Tests/Fuzz/ScannerProof", exclude: ["Protos"], swiftSettings: strict),
    .target(
      name: "HostileProofs",
      dependencies: [
        "SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanNet", "SpanRPC", "SpanTestKit",
      ],
      path: "Tests/Fuzz/HostileProofs", swiftSettings: strict),
    .executableTarget(
      name: "fuzz", dependencies: ["SpanTestKit", "ScannerProof", "HostileProofs"], path: "Tests/Fuzz/Fuzz",
      swiftSettings: strict),
    .testTarget(
      name: "SpanWireTests",
      dependencies: [
        "CChecksum", "CLZ4", "CZstd", "SpanModel", "SpanWire", "SpanProto", "SpanTestKit", "ScannerProof",
        protobuf,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SpanEngineTests",
      dependencies: ["SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanTestKit", systemPackage],
      swiftSettings: strict),
    .testTarget(
      name: "SpanQueryTests",
      dependencies: [
        "SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanProto", "SpanTestKit", protobuf,
        systemPackage,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SpanRPCTests",
      dependencies: [
        "SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanNet", "SpanClient", "SpanRPC", "SpanTestKit",
        nioConcurrencyHelpers, nioCore, nioEmbedded, nioPosix, systemPackage,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SpanCompressionTests", dependencies: ["CZstd", "CZlib", "SpanCompression"],
      swiftSettings: strict),
    .testTarget(
      name: "SpanReceiversTests",
      dependencies: ["SpanProto", "SpanReceivers", "SpanAnswers", "SpanTestKit", protobuf],
      swiftSettings: strict),
    .testTarget(
      name: "SpanAnswersTests",
      dependencies: ["SpanModel", "SpanProto", "SpanAnswers", "SpanTestKit", protobuf],
      swiftSettings: strict),
    .testTarget(
      name: "spanlogTests",
      dependencies: [
        "SpanModel", "SpanWire", "SpanEngine", "SpanQuery", "SpanCompression", "SpanNet", "SpanTestKit",
        "spanlog", logging, nioConcurrencyHelpers, nioCore, systemPackage,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["SpanEngine", "SpanTestKit", "HostileProofs"], swiftSettings: strict),
    .testTarget(
      name: "KillTests", dependencies: ["SpanModel", "SpanClient", "SpanTestKit", "spanlog"],
      swiftSettings: strict),
    .testTarget(name: "TidyTests", swiftSettings: strict),
  ]
)
