/// OTLP's `SpanKind`. A number that is none of these is kept in the span and matches no kind.
package enum SpanKind: Int32, CaseIterable, Sendable {
  case unspecified = 0
  case `internal` = 1
  case server = 2
  case client = 3
  case producer = 4
  case consumer = 5

  /// As rules write it.
  package var name: String {
    switch self {
    case .unspecified: "unspecified"
    case .internal: "internal"
    case .server: "server"
    case .client: "client"
    case .producer: "producer"
    case .consumer: "consumer"
    }
  }
}
