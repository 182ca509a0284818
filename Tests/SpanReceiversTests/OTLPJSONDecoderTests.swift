import Foundation
import SpanAnswers
import SpanProto
import SpanTestKit
import SwiftProtobuf
import Testing

@testable import SpanReceivers

private typealias TracesData = Opentelemetry_Proto_Trace_V1_TracesData
private typealias AnyValue = Opentelemetry_Proto_Common_V1_AnyValue

struct OTLPJSONDecoderTests {
  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func `what is rendered reads back as the message it was`(seed: UInt64) throws {
    var random = RandomTraces(seed: seed)
    let data = random.tracesData()
    let bytes: [UInt8] = try data.serializedBytes()
    #expect(try TracesData(serializedBytes: decoded(rendered(bytes))) == data, "seed \(seed)")
  }

  @Test func `a decoder is used again, whatever it met before`() throws {
    var decoder = OTLPJSONDecoder()
    let whole = #"{"resourceSpans":[{"schemaUrl":"a"}]}"#
    let expected = try decode(whole, with: &decoder)
    for cut in 0..<whole.utf8.count {
      #expect(throws: JSONError.self) { try decode(String(whole.prefix(cut)), with: &decoder) }
      #expect(try decode(whole, with: &decoder) == expected)
    }
  }

  @Test(
    arguments: [
      (#"{"intValue":"-9223372036854775808"}"#, AnyValue.with { $0.intValue = .min }),
      (#"{"intValue":9223372036854775807}"#, AnyValue.with { $0.intValue = .max }),
      (#"{"intValue":1e3}"#, AnyValue.with { $0.intValue = 1000 }),
      (#"{"intValue":-2.0}"#, AnyValue.with { $0.intValue = -2 }),
      (#"{"intValue":0}"#, AnyValue.with { $0.intValue = 0 }),
      (#"{"doubleValue":"NaN"}"#, AnyValue.with { $0.doubleValue = .nan }),
      (#"{"doubleValue":"-Infinity"}"#, AnyValue.with { $0.doubleValue = -.infinity }),
      (#"{"doubleValue":"1.5"}"#, AnyValue.with { $0.doubleValue = 1.5 }),
      (#"{"doubleValue":5e-324}"#, AnyValue.with { $0.doubleValue = .leastNonzeroMagnitude }),
      (#"{"boolValue":false}"#, AnyValue.with { $0.boolValue = false }),
      (#"{"stringValue":""}"#, AnyValue.with { $0.stringValue = "" }),
      (#"{"stringValue":"\u00fc\ud83d\ude00\n\/"}"#, AnyValue.with { $0.stringValue = "ü😀\n/" }),
      (#"{"bytesValue":"/+8="}"#, AnyValue.with { $0.bytesValue = Data([255, 239]) }),
      (#"{"bytesValue":"_-8"}"#, AnyValue.with { $0.bytesValue = Data([255, 239]) }),
      (#"{"arrayValue":{}}"#, AnyValue.with { $0.arrayValue = .init() }),
      (#" { "kvlistValue" : { "values" : [ ] } } "#, AnyValue.with { $0.kvlistValue = .init() }),
      (#"{"stringValue":null}"#, AnyValue()),
      (#"{"what":[1,{"a":[]},"x",true,null],"stringValue":"a"}"#, AnyValue.with { $0.stringValue = "a" }),
    ] as [(String, AnyValue)])
  fileprivate func `values may be spelled as JSON's mapping allows`(json: String, value: AnyValue) throws {
    let data = try TracesData(
      serializedBytes: decoded(#"{"resourceSpans":[{"resource":{"attributes":[{"value":\#(json)}]}}]}"#))
    let found = try #require(data.resourceSpans.first?.resource.attributes.first?.value)
    // By its bytes: no NaN equals another.
    #expect(try found.serializedBytes() as [UInt8] == value.serializedBytes() as [UInt8])
  }

  @Test(
    arguments: [
      (#"{"kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}}"#, [0x30, 2, 0x7a, 2, 0x18, 2]),
      (#"{"kind":3,"flags":257}"#, [0x30, 3, 0x85, 1, 1, 1, 0, 0]),
      (#"{"traceId":"0aFf","spanId":""}"#, [0x0a, 2, 0x0a, 0xff]),
      (
        #"{"startTimeUnixNano":"1","endTimeUnixNano":2}"#,
        [0x39, 1, 0, 0, 0, 0, 0, 0, 0, 0x41, 2, 0, 0, 0, 0, 0, 0, 0]
      ),
    ] as [(String, [UInt8])])
  func `the fields of a span stand where protobuf has them`(json: String, span: [UInt8]) throws {
    let count = UInt8(span.count)
    #expect(
      try decoded(#"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(json)]}]}]}"#)
        == [0x0a, count + 4, 0x12, count + 2, 0x12, count] + span)
  }

  @Test(arguments: [
    (#"{"resourceSpans":{}}"#, 17, #""[" should stand here"#),
    (#"{"resourceSpans":[]} x"#, 21, "something follows the value"),
    (
      #"{"resourceSpans":[{"schemaUrl":"\ud800"}]}"#, 34, "a text with an invalid escape, or that is no UTF-8"
    ),
    (#"{"resourceSpans":[{"schemaUrl":7}]}"#, 31, "a text should stand here"),
    (#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"abc"}]}]}]}"#, 54, "an id that is not hex"),
    (
      #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"flags":-1}]}]}]}"#, 52,
      "this is no whole number of 32 bits"
    ),
    (
      #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"server"}]}]}]}"#, 51, "an enumeration has no such"
    ),
    (#"{"resourceSpans":[{"resource":{"attributes":[{"value":{"bytesValue":"a"}}]}}]}"#, 68, "not base64"),
    (
      #"{"resourceSpans":[{"resource":{"attributes":[{"value":{"doubleValue":"0x1p3"}}]}}]}"#, 69, "no number"
    ),
    (#"{"a":tru}"#, 5, "a value should stand here"),
    (#"{"a":01}"#, 6, #""," should stand here"#),
    (#"{"a":1,}"#, 7, #""""#),
    (#"{"a""#, 4, "the text ends within a value"),
    ("", 0, "the text ends within a value"),
  ])
  func `an error says what is wrong and where`(json: String, position: Int, text: String) throws {
    let error = try #require(throws: JSONError.self) { try decoded(json) }
    #expect(error.position == position && "\(error)".contains(text), "\(error.position): \(error)")
  }

  @Test func `names that OTLP does not have are ignored and counted`() throws {
    var decoder = OTLPJSONDecoder()
    let json = #"{"data":{"a":[{}]},"resource_spans":[],"resourceSpans":[]}"#
    #expect(try decode(json, with: &decoder).isEmpty)
    #expect(decoder.ignoredMemberCount == 2 && decoder.firstIgnoredMember == "data")
  }

  @Test(arguments: [
    (#"{"a":"#, "{\"a\":", "}"), (#"{"a":"#, "[", "]"),
    (#"{"resourceSpans":[{"resource":{"attributes":[{"value":"#, #"{"arrayValue":{"values":["#, "]}}"),
  ])
  func `what nests too deep is refused, however deep it is`(start: String, open: String, close: String) throws
  {
    let json = start + String(repeating: open, count: 200_000)
    let error = try #require(throws: JSONError.self) { try decoded(json) }
    #expect(error.reason == .tooDeep)
    #expect(throws: JSONError.self) { try decoded(json + String(repeating: close, count: 200_000)) }
  }

  @Test func `any byte changed or cut off is read or refused, and what is read is protobuf`() throws {
    let json = Array(
      (#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd","name":"a span \u00fc","#
        + #""kind":2,"startTimeUnixNano":"15447126","attributes":[{"key":"k","value":{"bytesValue":"aGVs"}},"#
        + #"{"value":{"doubleValue":-1.5e3}}]}]}]}]}"#).utf8)
    var decoder = OTLPJSONDecoder()
    var readCount = 0
    for position in json.indices {
      for byte in [0, UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "]"), UInt8(ascii: "9"), 0xff] {
        var changed = json
        changed[position] = byte
        guard let bytes = try? changed.withUnsafeBytes({ try decoder.decode($0) }) else { continue }
        readCount += 1
        #expect(throws: Never.self) { try TracesData(serializedBytes: bytes) }
      }
      #expect(throws: JSONError.self) { try json.prefix(position).withUnsafeBytes { try decoder.decode($0) } }
    }
    #expect(readCount > 100)
  }
}

private func decoded(_ json: String) throws -> [UInt8] {
  var decoder = OTLPJSONDecoder()
  return try decode(json, with: &decoder)
}

private func decode(_ json: String, with decoder: inout OTLPJSONDecoder) throws -> [UInt8] {
  try Array(json.utf8).withUnsafeBytes { try decoder.decode($0) }
}

/// Without the line break at the end.
private func rendered(_ bytes: [UInt8]) -> String {
  var document = OTLPJSONDocument()
  bytes.withUnsafeBytes { document.append($0) }
  document.finish()
  return String(String(decoding: document.take(), as: UTF8.self).dropLast())
}
