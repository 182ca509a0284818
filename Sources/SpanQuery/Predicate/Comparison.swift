/// How a value found in a span has to stand to the one that is asked for.
package enum Comparison: String, CaseIterable, Sendable {
  case less = "<"
  case lessOrEqual = "<="
  case equal = "="
  case greaterOrEqual = ">="
  case greater = ">"

  package func holds<Value: Comparable>(_ found: Value, _ asked: Value) -> Bool {
    switch self {
    case .less: found < asked
    case .lessOrEqual: found <= asked
    case .equal: found == asked
    case .greaterOrEqual: found >= asked
    case .greater: found > asked
    }
  }
}
