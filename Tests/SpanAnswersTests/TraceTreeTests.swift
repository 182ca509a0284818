import SpanModel
import SpanProto
import SwiftProtobuf
import Testing

@testable import SpanAnswers

struct TraceTreeTests {
  @Test func `a trace is drawn with its services, kinds, times, statuses and bars`() throws {
    let drawing = try draw([
      .of(
        service: "frontend",
        [
          .of(1, "GET /cart", kind: .server, to: 41.3),
          .of(5, under: 1, "render", from: 21, to: 41),
          .of(2, under: 1, "GetCart", kind: .client, from: 1.2, to: 20),
        ]),
      .of(service: "cart", [.of(3, under: 2, "GetCart", kind: .server, from: 2, to: 19.5)]),
      .of(
        service: "redis",
        [
          ProtoSpan.of(4, under: 3, "HGET", kind: .client, from: 3, to: 18).changed {
            $0.status.code = .error
          }
        ]),
    ])
    #expect(
      drawing == """
        trace     5b8efff798038103d269b633813fc60c
        spans     5, 1 with errors
        time      41.3 ms from 2018-12-13 14:51:00.000000000 UTC
        services  frontend (3), cart (1), redis (1)

        span                                            kind         start  duration  status
        frontend  GET /cart                             server        0 ns   41.3 ms         ███████████████
        ├─ frontend  GetCart                            client     1.20 ms   18.8 ms         ███████
        │  └─ cart  GetCart                             server     2.00 ms   17.5 ms         ███████
        │     └─ redis  HGET                            client     3.00 ms   15.0 ms  error   ██████
        └─ frontend  render                             internal   21.0 ms   20.0 ms                ████████

        """)
  }

  @Test func `orphans, roots, repeated ids, cycles and early spans are told and drawn once`() throws {
    let drawing = try draw([
      .of(
        service: "a",
        [
          .of(1, "root"), .of(2, under: 99, "lost", from: 0.1), .of(3, under: 4, "hen", from: 0.3),
          .of(4, under: 3, "egg", from: 0.2), .of(5, under: 5, "self", from: 0.4),
          .of(6, under: 1, "twin", from: 0.5), .of(6, under: 1, "twin", from: 0.5, to: 2),
          .of(7, under: 6, "child", from: 0.25), .of(8, "", from: 0.9),
        ]),
      .of(service: "", [.of(9, "x", from: 0.95)]),
    ])
    #expect(
      labels(drawing) == [
        "a  root", "├─ a  twin [same id]", "│  └─ a  child [early]", "└─ a  twin [same id]",
        "a  lost [orphan]", "a  egg [cycle]", "└─ a  hen", "a  self [cycle]", "a  (no name)",
        "(no service)  x",
      ])
    #expect(
      drawing.hasSuffix(
        """

        [orphan]  the span it names as its parent is not among these
        [cycle]  its parents lead back to itself
        [same id]  another span of its kind has its id
        [early]  it starts before its parent, by the clocks of those who told

        """))
  }

  @Test func `the two halves of a call that share an id stand one under the other`() throws {
    let drawing = try draw([
      .of(
        service: "a",
        [
          .of(2, under: 1, "call", kind: .server), .of(3, under: 2, "inside"),
          .of(2, under: 1, "call", kind: .client), .of(1, "root"),
        ])
    ])
    let kinds = drawing.split(separator: "\n").dropFirst(5).map { $0.split(separator: " ").dropFirst(2) }
    #expect(labels(drawing) == ["a  root", "└─ a  call", "   └─ a  call", "      └─ a  inside"])
    #expect(kinds[1].contains("client") && kinds[2].contains("server"))
  }

  @Test func `times that are not told or run backward do not spoil the others`() throws {
    let drawing = try draw([
      .of(
        service: "a",
        [
          .of(1, "whole", to: 10), .of(2, "backward", from: 5, to: 3),
          ProtoSpan.of(3, "unfinished", from: 7).changed { $0.endTimeUnixNano = 0 },
          ProtoSpan.of(4, "timeless").changed {
            $0.startTimeUnixNano = 0
            $0.endTimeUnixNano = 0
          },
        ])
    ])
    #expect(
      drawing.contains(
        """
        time      10.0 ms from 2018-12-13 14:51:00.000000000 UTC
        services  a (4)

        span                                                 kind         start  duration
        a  timeless                                          internal         -         -
        a  whole                                             internal      0 ns   10.0 ms  █████████████████
        a  backward                                          internal   5.00 ms  -2.00 ms          █
        a  unfinished                                        internal   7.00 ms         -             █

        """))
  }

  @Test func `the extremes of time are drawn`() throws {
    let spans = [0, 1, UInt64.max].map { time in
      ProtoSpan.of(time | 1, "s").changed {
        $0.startTimeUnixNano = time
        $0.endTimeUnixNano = .max - time
      }
    }
    #expect(try labels(draw([.of(service: "a", spans)])).count == 3)
  }

  @Test func `nothing from outside reaches the terminal raw`() throws {
    let evil = "\u{1b}]0;title\u{7}\r\n\u{9b}2J\u{202e}\u{200b}\u{2028}"
    let drawing = try draw([.of(service: evil, [.of(1, evil, kind: .UNRECOGNIZED(77))])], columnCount: 300)
    for scalar in drawing.unicodeScalars where scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format)
    }
    #expect(drawing.contains(#"\u{1b}]0;title\u{7}\u{d}\u{a}\u{9b}2J\u{202e}\u{200b}\u{2028}"#))
    #expect(drawing.split(separator: "\n").count == 6)
  }

  @Test(arguments: [0, 40, 60, 80, 137])
  func `no line is wider than the terminal, from 40 columns on`(columnCount: Int) throws {
    let long = String(repeating: "読a", count: 300)
    let chain = (1...60).map { ProtoSpan.of($0, under: $0 - 1, long) } + [.of(70, under: 99, long)]
    let services = (0..<100).map { ResourceSpans.of(service: "\($0)\(long)", []) }
    let drawing = try draw([.of(service: long, chain)] + services, columnCount: columnCount)
    for line in drawing.split(separator: "\n").dropFirst(4) where !line.hasPrefix("[") {
      #expect(TerminalText(line.utf8).columnCount <= max(columnCount, 40))
    }
  }

  @Test func `a chain of a hundred thousand spans is drawn, its depths as numbers`() throws {
    let chain = (1...100_000).map { ProtoSpan.of($0, under: $0 - 1, "s") }
    let drawing = try draw([.of(service: "a", chain)])
    #expect(drawing.split(separator: "\n").last?.hasPrefix("99999                └─ a  s ") == true)
    #expect(drawing.utf8.count < 20_000_000)
  }

  @Test func `spans past the limit are counted, not held, and the drawing says so`() throws {
    let spans = (1...30).map { ProtoSpan.of($0, "s", to: Double($0)) }
    let drawing = try draw([.of(service: "a", spans)], spanCountMax: 10)
    #expect(labels(drawing).count == 10)
    #expect(drawing.contains("spans     30\ntime      30.0 ms"))
    #expect(
      drawing.hasSuffix(
        "\n20 more spans are not drawn: a tree holds at most 10. Use --skip and --limit to see them, "
          + "or --format otlp-json for all.\n"))
  }

  @Test func `a drawing with spans that may be there twice says so`() throws {
    let drawing = try draw([.of(service: "a", [.of(1)])], mayRepeat: true)
    #expect(
      drawing.hasSuffix("\nEqual spans may be drawn twice: the trace has too many to compare them all.\n"))
  }
}

private func draw(
  _ resourceSpans: [ResourceSpans], columnCount: Int = 100, spanCountMax: Int = TraceTree.spanCountMax,
  mayRepeat: Bool = false
) throws -> String {
  let data = TracesData.with { $0.resourceSpans = resourceSpans }
  let chunk: [UInt8] = try data.serializedBytes()
  var tree = TraceTree(traceID: sampleTraceID, spanCountMax: spanCountMax)
  try chunk.withUnsafeBytes { try tree.append($0, mayRepeat: mayRepeat) }
  var bytes: [UInt8] = []
  tree.draw(columnCount: columnCount) { bytes += $0 }
  return String(decoding: bytes, as: UTF8.self)
}

/// Guides, service, name and mark of each line.
private func labels(_ drawing: String) -> [String] {
  let lines = drawing.split(separator: "\n\n")[1].split(separator: "\n")
  let columnCount = lines[0].prefix { $0 != "k" }.count  // up to the title "kind"
  return lines.dropFirst().map { line in
    let label = String(line.prefix(columnCount))
    return String(Substring(label.utf8.dropLast(label.utf8.reversed().prefix { $0 == 0x20 }.count)))
  }
}
