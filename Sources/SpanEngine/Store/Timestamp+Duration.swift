internal import SpanModel

extension Timestamp {
  /// The end of time is as far as it goes.
  func later(by duration: Duration) -> Timestamp {
    let sum = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
    return Timestamp(nanoseconds: sum.overflow ? .max : sum.partialValue)
  }

  /// 1970 is as far as it goes.
  func earlier(by duration: Duration) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds - min(nanoseconds, duration.wholeNanoseconds))
  }
}

extension Duration {
  /// None when it is negative; at most as many as a number of 64 bits holds.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let whole = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let sum = whole.partialValue.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
    return whole.overflow || sum.overflow ? .max : sum.partialValue
  }
}
