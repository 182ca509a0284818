package import SpanModel

/// Decides which traces a compaction keeps. Looks at one trace at a time; one thread.
package protocol TraceJudge: AnyObject {
  /// Begins with a trace, of which nothing was seen.
  func begin(_ traceID: TraceID)
  /// Takes one more span of it into account, in any order; equal ones may come twice.
  func take(_ span: JudgedSpan)
  /// Whether the trace is to be kept by what was seen of it. Once it is, it stays so.
  var isKept: Bool { get }
}

/// A span as it came, for a judge: the bytes last for the call.
package struct JudgedSpan {
  package let span: UnsafeRawBufferPointer
  package let resource: UnsafeRawBufferPointer
  package let scope: UnsafeRawBufferPointer
}
