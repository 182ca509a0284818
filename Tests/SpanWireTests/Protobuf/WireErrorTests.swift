import SpanWire
import Testing

struct WireErrorTests {
  @Test(
    arguments: [
      (.truncated, "invalid protobuf at byte 7: a field ends after the end of its message"),
      (.varintTooLong, "invalid protobuf at byte 7: a number is longer than 10 bytes"),
      (.invalidTag, "invalid protobuf at byte 7: a field has no valid number and wire type"),
      (
        .unbalancedGroup,
        "invalid protobuf at byte 7: a group ends that was not begun, or under another number"
      ),
      (.groupTooDeep, "invalid protobuf at byte 7: messages and groups nest deeper than 100"),
    ] as [(WireError.Reason, String)])
  func `an error says what is wrong and where`(reason: WireError.Reason, text: String) {
    #expect(WireError(reason, position: 7).description == text)
  }
}
