/// How old an active segment becomes, as flags say it: a span of time, or `off`.
enum RollAge: Equatable {
  case off
  case after(Duration)

  static func parse(_ text: String) throws(DurationTextError) -> RollAge {
    text == "off" ? .off : .after(try DurationText.parse(text))
  }
}
