import Foundation
import SpanProto
import SpanTestKit
import SwiftProtobuf
import Testing

@testable import SpanAnswers

struct OTLPJSONDocumentTests {
  @Test func `a trace is rendered with hex ids, numbers for enumerations and text for 64 bits`() throws {
    let span = ProtoSpan.of(0xeee1_9b7e_c3c1_b174, under: 1, "I'm a server span", kind: .server).changed {
      $0.attributes = [
        .pair("zero", AnyValue.with { $0.intValue = 0 }), .pair("yes", AnyValue.with { $0.boolValue = true }),
        .pair("half", AnyValue.with { $0.doubleValue = 0.5 }), .pair("none", AnyValue()),
        .pair("raw", AnyValue.with { $0.bytesValue = Data([255, 0]) }),
      ]
      $0.status.code = .error
      $0.flags = 0x101
    }
    #expect(
      try rendered([TracesData.with { $0.resourceSpans = [.of(service: "my.service", [span])] }])
        == #"{"resourceSpans":[{"resource":{"attributes":[{"key":"host","value":{"stringValue":"a"}},"#
        + #"{"key":"service.name","value":{"stringValue":"my.service"}}]},"scopeSpans":[{"spans":[{"#
        + #""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","#
        + #""parentSpanId":"0000000000000001","flags":257,"name":"I'm a server span","kind":2,"#
        + #""startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660001000000","#
        + #""attributes":[{"key":"zero","value":{"intValue":"0"}},{"key":"yes","value":{"boolValue":true}},"#
        + #"{"key":"half","value":{"doubleValue":0.5}},{"key":"none","value":{}},"#
        + #"{"key":"raw","value":{"bytesValue":"/wA="}}],"status":{"code":2}}]}]}]}"# + "\n")
  }

  @Test(arguments: [0, 1, 2, 3])
  func `any number of chunks, empty ones among them, are one document`(count: Int) throws {
    let chunk = TracesData.with { $0.resourceSpans = [.of(service: "a", [.of(1)]), .of(service: "b", [])] }
    let chunks = [TracesData()] + Array(repeating: chunk, count: count) + [TracesData()]
    #expect(try parsed(rendered(chunks)).resourceSpans == chunks.flatMap(\.resourceSpans))
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `what is rendered reads back as the message it was, by protobuf's own reader`(seed: UInt64) throws {
    var random = RandomTraces(seed: seed)
    let data = random.tracesData()
    #expect(try parsed(rendered([data])) == data, "seed \(seed)")
  }

  @Test(arguments: [
    (Double.infinity, #""Infinity""#), (-.infinity, #""-Infinity""#), (.nan, #""NaN""#), (-0.0, "-0.0"),
    (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"), (0.1, "0.1"),
  ])
  func `doubles are the shortest text that reads back, or words`(double: Double, text: String) throws {
    let value = AnyValue.with { $0.doubleValue = double }
    #expect(try rendered(attribute: value).contains(#""value":{"doubleValue":\#(text)}"#))
  }

  @Test(arguments: [
    ("a\"b\\c/", #"a\"b\\c/"#), ("\n\r\t\u{0}\u{1b}[31m", #"\n\r\t\u0000\u001b[31m"#),
    ("\u{7f}\u{9b}1m", #"\u007f\u009b1m"#), ("grüß 😀", "grüß 😀"),
  ])
  func `text is escaped where JSON or a terminal needs it`(text: String, json: String) throws {
    #expect(try rendered(attribute: .text(text)).contains(#""value":{"stringValue":"\#(json)"}"#))
  }

  @Test func `text that is no UTF-8 is repaired`() throws {
    // Resource spans whose schema URL is one byte, ff.
    #expect(rendered([0x0a, 3, 0x1a, 1, 0xff]) == #"{"resourceSpans":[{"schemaUrl":"\#u{fffd}"}]}"# + "\n")
  }

  @Test func `a message that came in two parts is merged, of choices and numbers the last counts`() {
    // Resource { dropped: 1 }, then resource { dropped: 2 }, attribute { value: text, then int 7 }.
    let resource: [UInt8] = [
      0x0a, 2, 0x10, 1, 0x0a, 13, 0x10, 2, 0x0a, 9, 0x0a, 0, 0x12, 5, 0x0a, 1, 0x61, 0x18, 7,
    ]
    #expect(
      rendered([0x0a, UInt8(resource.count)] + resource)
        == #"{"resourceSpans":[{"resource":{"droppedAttributesCount":2,"#
        + #""attributes":[{"value":{"intValue":"7"}}]}}]}"# + "\n")
  }

  @Test func `values nested a million deep are rendered`() {
    var value: [[UInt8]] = []
    var byteCount = 0
    func wrap(_ tag: UInt8) {
      let header = [tag] + LengthDelimited.header(byteCount: byteCount)
      value.append(header)
      byteCount += header.count
    }
    for _ in 0..<500_000 {
      wrap(0x0a)  // values
      wrap(0x2a)  // arrayValue
    }
    // value of an attribute of a resource of resource spans
    for tag: UInt8 in [0x12, 0x0a, 0x0a, 0x0a] { wrap(tag) }
    let json = rendered(value.reversed().flatMap { $0 })
    #expect(json.hasSuffix(String(repeating: "}]}", count: 499_999) + "}}]}}]}\n"))
  }

  @Test func `bytes that are no protobuf are rendered up to there and counted`() {
    var document = OTLPJSONDocument()
    let chunk: [UInt8] = [0x0a, 5, 0x1a, 1, 0x61, 0x12, 9]
    chunk.withUnsafeBytes { document.append($0) }
    #expect(document.malformedMessageCount == 1)
    #expect(String(decoding: document.take(), as: UTF8.self) == #"{"resourceSpans":[{"schemaUrl":"a"}"#)
  }

  @Test func `any flipped bit still gives a JSON document`() throws {
    var random = RandomTraces(seed: 5)
    let data: [UInt8] = try random.tracesData().serializedBytes()
    for bit in 0..<data.count * 8 {
      var flipped = data
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: Never.self, "bit \(bit)") {
        try JSONSerialization.jsonObject(with: Data(rendered(flipped).utf8))
      }
    }
  }
}

private func rendered(_ chunk: [UInt8]) -> String {
  var document = OTLPJSONDocument()
  chunk.withUnsafeBytes { document.append($0) }
  document.finish()
  return String(decoding: document.take(), as: UTF8.self)
}

private func rendered(_ chunks: [TracesData]) throws -> String {
  var document = OTLPJSONDocument()
  for chunk in chunks {
    let bytes: [UInt8] = try chunk.serializedBytes()
    bytes.withUnsafeBytes { document.append($0) }
  }
  document.finish()
  return String(decoding: document.take(), as: UTF8.self)
}

private func rendered(attribute value: AnyValue) throws -> String {
  try rendered([
    TracesData.with {
      $0.resourceSpans = [ResourceSpans.with { $0.resource.attributes = [.pair("k", value)] }]
    }
  ])
}

/// The message that `json` stands for, read by swift-protobuf; its JSON has base64 where OTLP's has hex.
private func parsed(_ json: String) throws -> TracesData {
  let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
  let data = try JSONSerialization.data(withJSONObject: withBase64IDs(object))
  return try TracesData(jsonUTF8Data: data)
}

private func withBase64IDs(_ json: Any) -> Any {
  if let array = json as? [Any] { return array.map(withBase64IDs) }
  guard let object = json as? [String: Any] else { return json }
  return Dictionary(
    uniqueKeysWithValues: object.map { key, value -> (String, Any) in
      guard ["traceId", "spanId", "parentSpanId"].contains(key), let hex = value as? String else {
        return (key, withBase64IDs(value))
      }
      let digits = Array(hex)
      let bytes = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)!
      }
      return (key, Data(bytes).base64EncodedString())
    })
}
