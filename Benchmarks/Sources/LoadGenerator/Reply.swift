import CEpoll

/// A whole reply at the start of a connection's received bytes. `body` is valid until the connection reads on.
package struct Reply {
    package var isSuccess: Bool
    package var body: UnsafeRawBufferPointer
    /// Bytes of the reply with its head.
    package var length: Int
}

package enum ReplyParse {
    case incomplete
    case complete(Reply)
    case malformed(String)
}

extension Reply {
    /// HTTP when the first byte is that of `HTTP/1.1`, else a reply of one line in the Redis protocol.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> ReplyParse {
        guard let first = bytes.first else { return .incomplete }
        return first == UInt8(ascii: "H") ? parseHTTP(bytes) : parseRESPLine(bytes)
    }

    private static func parseHTTP(_ bytes: UnsafeRawBufferPointer) -> ReplyParse {
        guard let headEnd = bytes.firstOffset(of: "\r\n\r\n") else {
            return bytes.count > 64 * 1024 ? .malformed("no end of the head in 64 KiB") : .incomplete
        }
        let bodyStart = headEnd + 4
        guard headEnd >= 12 else { return .malformed("status line") }
        guard let bodyLength = contentLength(UnsafeRawBufferPointer(rebasing: bytes[..<headEnd])) else {
            return .malformed("no Content-Length")
        }
        guard bytes.count - bodyStart >= bodyLength else { return .incomplete }
        let body = UnsafeRawBufferPointer(rebasing: bytes[bodyStart..<bodyStart + bodyLength])
        let is200 = bytes[9] == UInt8(ascii: "2") && bytes[10] == UInt8(ascii: "0") && bytes[11] == UInt8(ascii: "0")
        return .complete(Reply(isSuccess: is200, body: body, length: bodyStart + bodyLength))
    }

    private static func parseRESPLine(_ bytes: UnsafeRawBufferPointer) -> ReplyParse {
        guard let end = bytes.firstOffset(of: "\r\n") else { return .incomplete }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        return .complete(Reply(isSuccess: bytes[0] != UInt8(ascii: "-"), body: body, length: end + 2))
    }

    /// The value of Content-Length in `head`, a reply's head without its last line end.
    private static func contentLength(_ head: UnsafeRawBufferPointer) -> Int? {
        var lineStart = 0
        while lineStart < head.count {
            let rest = UnsafeRawBufferPointer(rebasing: head[lineStart...])
            if rest[0] | 0x20 == UInt8(ascii: "c"), let value = rest.valueOfContentLength() { return value }
            guard let lineLength = rest.firstOffset(of: "\r\n") else { return nil }
            lineStart += lineLength + 2
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    func firstOffset(of needle: StaticString) -> Int? {
        guard let start = baseAddress,
            let found = cepoll_memmem(start, count, needle.utf8Start, needle.utf8CodeUnitCount)
        else { return nil }
        return found - start
    }

    package func occurrences(of needle: StaticString) -> Int {
        var rest = self
        var count = 0
        while let offset = rest.firstOffset(of: needle) {
            count += 1
            rest = UnsafeRawBufferPointer(rebasing: rest[(offset + needle.utf8CodeUnitCount)...])
        }
        return count
    }

    fileprivate func valueOfContentLength() -> Int? {
        let name: StaticString = "content-length:"
        guard count > name.utf8CodeUnitCount else { return nil }
        for index in 0..<name.utf8CodeUnitCount where self[index] | 0x20 != name.utf8Start[index] | 0x20 { return nil }
        var value = 0
        for byte in self[name.utf8CodeUnitCount...].drop(while: { $0 == UInt8(ascii: " ") }) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), value < 1 << 40 else { break }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// The times with which bodies in a ReceiveMessage reply begin. Other bodies are passed over.
    package func sendTimes() -> [UInt64] {
        let key: StaticString = "\"Body\":\""
        var times: [UInt64] = []
        var rest = self
        while let offset = rest.firstOffset(of: key) {
            rest = UnsafeRawBufferPointer(rebasing: rest[(offset + key.utf8CodeUnitCount)...])
            let digits = rest.prefix(SendTemplate.stampDigits)
            if digits.count == SendTemplate.stampDigits, let time = UInt64(String(decoding: digits, as: UTF8.self)) {
                times.append(time)
            }
        }
        return times
    }

    /// The string values of `"ReceiptHandle"` in a ReceiveMessage reply, as they stand there.
    package func receiptHandles() -> [ArraySlice<UInt8>] {
        let key: StaticString = "\"ReceiptHandle\""
        let quote = UInt8(ascii: "\"")
        var handles: [ArraySlice<UInt8>] = []
        var rest = self
        while let offset = rest.firstOffset(of: key) {
            rest = UnsafeRawBufferPointer(rebasing: rest[(offset + key.utf8CodeUnitCount)...])
            guard let open = rest.firstIndex(of: quote), let close = rest[(open + 1)...].firstIndex(of: quote) else {
                break
            }
            handles.append(ArraySlice(rest[(open + 1)..<close]))
            rest = UnsafeRawBufferPointer(rebasing: rest[(close + 1)...])
        }
        return handles
    }
}
