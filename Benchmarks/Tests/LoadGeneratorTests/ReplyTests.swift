import LoadGenerator
import Testing

struct ReplyTests {
    private static let http =
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\ncontent-LENGTH: 5\r\nX-A: Content-Length: 9\r\n\r\nhello"

    @Test func anHTTPReplyIsCompleteWithItsLastByteAndNotBefore() {
        let bytes = Array(Self.http.utf8)
        for length in 0..<bytes.count {
            #expect(parse(Array(bytes[..<length])) == .incomplete, "\(length) bytes")
        }
        let whole = Parsed.complete(isSuccess: true, body: "hello", length: bytes.count)
        #expect(parse(bytes) == whole)
        #expect(parse(bytes + Array("HTTP/1.1 2".utf8)) == whole)
    }

    @Test func otherStatusesAreNoSuccess() {
        let text = "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"
        #expect(parse(Array(text.utf8)) == .complete(isSuccess: false, body: "{}", length: text.utf8.count))
    }

    @Test func anHTTPReplyWithoutALengthIsMalformed() {
        #expect(parse(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)) == .malformed)
    }

    @Test func redisRepliesAreALine() {
        #expect(parse(Array(":12\r".utf8)) == .incomplete)
        #expect(parse(Array(":12\r\n:13\r\n".utf8)) == .complete(isSuccess: true, body: ":12", length: 5))
        #expect(parse(Array("-ERR no\r\n".utf8)) == .complete(isSuccess: false, body: "-ERR no", length: 9))
    }

    @Test func receiptHandlesAreFoundInOrder() {
        let text = #"{"Messages":[{"Body":"x","ReceiptHandle":"a+/="},{"ReceiptHandle" : "b","MessageId":"c"}]}"#
        #expect(handles(text) == ["a+/=", "b"])
        #expect(handles(#"{"Messages":[]}"#) == [])
        #expect(handles(#"{"ReceiptHandle":"cut"#) == [])
    }

    private enum Parsed: Equatable {
        case incomplete
        case malformed
        case complete(isSuccess: Bool, body: String, length: Int)
    }

    private func parse(_ bytes: [UInt8]) -> Parsed {
        bytes.withUnsafeBytes {
            switch Reply.parse($0) {
            case .incomplete: .incomplete
            case .malformed: .malformed
            case .complete(let reply):
                .complete(
                    isSuccess: reply.isSuccess, body: String(decoding: reply.body, as: UTF8.self), length: reply.length)
            }
        }
    }

    private func handles(_ text: String) -> [String] {
        Array(text.utf8).withUnsafeBytes { $0.receiptHandles().map { String(decoding: $0, as: UTF8.self) } }
    }
}
