/// A command could not do what it was asked for. Its text is all that is printed; the exit code is 1.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
