extension UnsafeRawBufferPointer {
  /// Whether these are the bytes of `text`.
  package func elementsEqual(_ text: String) -> Bool {
    text.utf8.count == count && elementsEqual(text.utf8)
  }
}
