import Foundation
import SpanEngine
import SpanTestKit
import SystemPackage
import Testing

struct OpeningTests {
  @Test func `a second process is refused with the number of the first, and offline tools as well`() throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(StoreOptions(directory: directory.path).small)
    for open in [
      { _ = try Store.open(StoreOptions(directory: directory.path).small) },
      { _ = try Store.openReadOnly(directory: directory.path) },
    ] {
      let error = try #require(throws: StoreError.self) { try open() }
      #expect(error.description.contains("is in use by process \(getpid())"))
    }
    store.close()
    _ = try Store.openReadOnly(directory: directory.path)
  }

  @Test func `offline tools share a directory, and leave it as it is`() throws {
    let directory = try TemporaryDirectory()
    try Store.open(StoreOptions(directory: directory.path).small).close()
    let before = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    let first = try Store.openReadOnly(directory: directory.path)
    let second = try Store.openReadOnly(directory: directory.path)
    #expect(first.damages.isEmpty && second.damages.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == before)
  }

  @Test func `a file in the place of the directory, and a missing one, are named`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.path + "/file"
    #expect(FileManager.default.createFile(atPath: file, contents: Data()))
    #expect(
      try description { _ = try Store.open(StoreOptions(directory: file)) }
        == "cannot open \(file): it is a file; name a directory")
    let missing = directory.path + "/none"
    #expect(
      try description { _ = try Store.openReadOnly(directory: missing) }
        == "cannot open \(missing): there is no such directory")
    #expect(
      try description { _ = try Store.open(StoreOptions(directory: missing + "/below")) }
        .hasPrefix("cannot make directory \(missing)/below: No such file or directory"))
  }

  @Test func `a directory without identity is no data directory`() throws {
    let directory = try TemporaryDirectory()
    #expect(
      try description { _ = try Store.openReadOnly(directory: directory.path) }
        .contains("it has no file store.identity"))
  }

  @Test func `a segment of a newer format is refused by name`() throws {
    let platform = SimulatedPlatform()
    let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
    var generator = RequestGenerator(seed: 1)
    _ = try stepped.commit([try stepped.prepare(RequestBuffer(generator.request().bytes))])
    try stepped.close()
    var disk = platform.image
    let path = try #require(disk.paths.first { $0.hasSuffix(".active") })
    var bytes = try #require(disk.contents(of: path))
    bytes[8] = 2
    bytes[2048 + 8] = 2
    disk.overwrite(path, with: bytes)
    let newer = disk
    #expect(
      try description {
        _ = try Store.openReadOnly(directory: CrashWorkload.directory, platform: SimulatedPlatform(newer))
      } == "cannot open \(path): its format is version 2, this release reads up to 1; use a newer release")
  }

  @Test func `a parent that may not be listed is no obstacle to a directory that is there`() throws {
    let simulated = SimulatedPlatform(seed: 5)
    let platform = FaultyPlatform(simulated) { operation, path in
      operation == .syncDirectory && path == "." ? .permissionDenied : nil
    }
    #expect(throws: StoreError.self) { _ = try SteppedStore(CrashWorkload.options, platform: platform) }
    _ = try SteppedStore(CrashWorkload.options, platform: simulated)
    _ = try SteppedStore(CrashWorkload.options, platform: platform)
  }

  @Test func `damage with which nothing is lost is told when opening too`() throws {
    let platform = SimulatedPlatform(seed: 6)
    do {
      let stepped = try SteppedStore(CrashWorkload.options, platform: platform)
      var generator = RequestGenerator(seed: 1)
      try stepped.append(generator.request())
      try stepped.close()
    }
    var disk = platform.image
    for (name, position) in [(FileName.identity, 600), (FileName.ledger(lane: 0), 40)] {
      var bytes = try #require(disk.contents(of: "data/" + name))
      bytes[position] ^= 1
      disk.overwrite("data/" + name, with: bytes)
    }
    let log = EventLog()
    let stepped = try SteppedStore(CrashWorkload.options.telling(log), platform: SimulatedPlatform(disk))
    let told = log.events.compactMap { event in
      if case .damaged(let damage) = event { damage.file } else { nil }
    }
    #expect(Set(told) == [FileName.identity, FileName.ledger(lane: 0)])
    #expect(stepped.store.statistics().damageCount == 0, "answers lack nothing")
  }

  @Test(arguments: [0, 4096, 65_537, 1 << 40])
  func `a segment size that cannot be used is refused`(byteCount: Int) throws {
    let directory = try TemporaryDirectory()
    var options = StoreOptions(directory: directory.path)
    options.segmentByteCount = byteCount
    #expect(throws: StoreError.self) { _ = try Store.open(options) }
  }

  private func description(_ open: () throws -> Void) throws -> String {
    try #require(throws: StoreError.self) { try open() }.description
  }
}

extension StoreOptions {
  fileprivate var small: StoreOptions {
    var options = self
    options.segmentByteCount = 1 << 20
    return options
  }
}
