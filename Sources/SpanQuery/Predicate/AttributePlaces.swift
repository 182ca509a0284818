/// Whose attributes are looked at.
package struct AttributePlaces: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let span = AttributePlaces(rawValue: 1)
  package static let resource = AttributePlaces(rawValue: 2)
  package static let scope = AttributePlaces(rawValue: 4)
  package static let anywhere: AttributePlaces = [.span, .resource, .scope]

  /// The places that a rule can name alone.
  static let named: [(name: String, places: AttributePlaces)] = [
    ("span", .span), ("resource", .resource), ("scope", .scope),
  ]
}
