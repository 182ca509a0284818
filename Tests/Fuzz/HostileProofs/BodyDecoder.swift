internal import SpanWire

/// Decodes bodies as both ends do; what can be read is written and read again to the same.
struct BodyDecoder {
  let byteCountMax: Int
  private var batch = SpanBatch()

  init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

  mutating func faultOfRequest(_ bytes: UnsafeRawBufferPointer, _ method: RPCMethod, isCompressed: Bool)
    -> String?
  {
    if isCompressed {
      return faultOfCompressed(bytes) { decoder, plain in
        decoder.faultOfRequest(plain, method, isCompressed: false)
      }
    }
    switch method {
    case .append:
      do throws(WireError) { try batch.scan(bytes) } catch {
        return (0...bytes.count).contains(error.position) ? nil : "\(error): outside the body"
      }
      return nil
    case .hello: return fault(in: HelloRequest.self, bytes)
    case .readTrace: return fault(in: ReadTraceRequest.self, bytes)
    case .deleteTrace: return fault(in: DeleteTraceRequest.self, bytes)
    case .cancel: return fault(in: CancelRequest.self, bytes)
    case .credit: return fault(in: CreditRequest.self, bytes)
    case .stats, .search, .tail, .maintain: return nil
    }
  }

  mutating func faultOfAnswer(_ bytes: UnsafeRawBufferPointer, _ method: UInt8, isCompressed: Bool) -> String?
  {
    if method == RPCMethod.errorAnswer { return fault(in: RPCStatus.self, bytes) }
    if isCompressed {
      return faultOfCompressed(bytes) { decoder, plain in
        decoder.faultOfAnswer(plain, method, isCompressed: false)
      }
    }
    switch method {
    case RPCMethod.hello.answer: return fault(in: HelloAnswer.self, bytes)
    case RPCMethod.append.answer: return fault(in: AppendAnswerBody.self, bytes)
    case RPCMethod.deleteTrace.answer: return fault(in: DeleteTraceAnswer.self, bytes)
    case RPCMethod.stats.answer: return fault(in: StatsAnswer.self, bytes)
    default: return nil
    }
  }

  private mutating func faultOfCompressed(
    _ bytes: UnsafeRawBufferPointer, _ judge: (inout Self, UnsafeRawBufferPointer) -> String?
  ) -> String? {
    guard let plain = try? LZ4Body.uncompressed(bytes, atMost: byteCountMax) else { return nil }
    guard plain.count <= min(byteCountMax, 255 * bytes.count) else {
      return "\(plain.count) bytes out of \(bytes.count)"
    }
    return plain.withUnsafeBytes { judge(&self, $0) }
  }

  private func fault<Body: RPCBody>(in type: Body.Type, _ bytes: UnsafeRawBufferPointer) -> String? {
    guard let body = try? Body(decoding: bytes) else { return nil }
    return (try? Body(decoding: body.encoded)) == body
      ? nil : "\(body) is not what it is when written and read again"
  }
}
