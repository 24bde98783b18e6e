import RESP
import Testing

@Suite struct RequestReaderTests {
    @Test func readsMultibulk() {
        #expect(requests("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") == [.request(["GET", "k"])])
        #expect(requests("*1\r\n$0\r\n\r\n") == [.request([""])])
        #expect(requests("*2\r\n$4\r\n\r\n*1\r\n$2\r\n$9\r\n") == [.request(["\r\n*1", "$9"])])
        #expect(
            requests("*3\r\n$5\r\nLPUSH\r\n$1\r\nk\r\n$3\r\n\0\u{FF}\n\r\n") == [
                .request(["LPUSH", "k", "\0\u{FF}\n"])
            ])
    }

    @Test func readsPipelines() {
        let stream = "*1\r\n$4\r\nPING\r\nPING\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPI"
        #expect(requests(stream) == [.request(["PING"]), .request(["PING"]), .request(["PING"])])
    }

    @Test func skipsWhatHasNoArguments() {
        #expect(requests("*0\r\n*-1\r\n*-10\r\n\r\n\n  \r\n*-9223372036854775808\r\nPING\r\n") == [.request(["PING"])])
        #expect(requests("\r\n\n*0\r\n") == [])
    }

    @Test func comparesNothingWithLineEnds() {
        // As Redis: what has a length has two bytes behind it, whatever they are.
        #expect(requests("*1\rX$4\r\rPINGXY*1\r\n$1\r\na\n\n") == [.request(["PING"]), .request(["a"])])
    }

    @Test(arguments: [
        ("*3000000000\r\n", ProtocolError.invalidMultibulkLength), ("*1048577\r\n", .invalidMultibulkLength),
        ("*\r\n", .invalidMultibulkLength), ("*+1\r\n", .invalidMultibulkLength), ("*01\r\n", .invalidMultibulkLength),
        ("* 1\r\n", .invalidMultibulkLength), ("*1 \r\n", .invalidMultibulkLength),
        ("*-0\r\n", .invalidMultibulkLength),
        ("*00\r\n", .invalidMultibulkLength), ("*1\n\r\n", .invalidMultibulkLength),
        ("*a\r\n", .invalidMultibulkLength),
        ("*99999999999999999999\r\n", .invalidMultibulkLength), ("*1\0\r\n", .invalidMultibulkLength),
        ("*1\r\n$-1\r\n", .invalidBulkLength), ("*1\r\n$67108865\r\n", .invalidBulkLength),
        ("*1\r\n$\r\n", .invalidBulkLength), ("*1\r\n$01\r\n", .invalidBulkLength),
        ("*1\r\n$1x\r\n", .invalidBulkLength),
        ("*1\r\n$blabla\r\n", .invalidBulkLength), ("*1\r\n$9223372036854775807\r\n", .invalidBulkLength),
        ("*1\r\nfoo\r\n", .expectedBulk(UInt8(ascii: "f"))), ("*1\r\n\r\n", .expectedBulk(13)),
        ("*2\r\n$1\r\na\r\n*1\r\n", .expectedBulk(UInt8(ascii: "*"))), ("*1\r\n\u{E9}\r\n", .expectedBulk(0xE9)),
    ])
    func refuses(_ stream: String, _ error: ProtocolError) { #expect(requests(stream) == [.error(error)]) }

    @Test func errorsComeBehindTheRequestsBeforeThem() {
        #expect(requests("PING\r\n*1\r\nx\r\n") == [.request(["PING"]), .error(.expectedBulk(UInt8(ascii: "x")))])
    }

    @Test func anErrorIsFinal() {
        var connection = RequestConnection()
        connection.receive(Array("*x\r\n".utf8))
        connection.receive(Array("*1\r\n$4\r\nPING\r\n".utf8))
        #expect(connection.events == [.error(.invalidMultibulkLength)])
        var bytes = Array("PING\r\n".utf8)
        #expect(throws: ProtocolError.invalidMultibulkLength) {
            try next(&connection.reader, &bytes)
        }
    }

    @Test func saysWhatRedisSays() {
        func text(_ error: ProtocolError) -> String { String(decodingLatin1: error.text) }
        #expect(text(.invalidMultibulkLength) == "ERR Protocol error: invalid multibulk length")
        #expect(text(.invalidBulkLength) == "ERR Protocol error: invalid bulk length")
        #expect(text(.expectedBulk(UInt8(ascii: "f"))) == "ERR Protocol error: expected '$', got 'f'")
        #expect(text(.expectedBulk(0xE9)) == "ERR Protocol error: expected '$', got '\u{E9}'")
        #expect(text(.tooBigMultibulkCount) == "ERR Protocol error: too big mbulk count string")
        #expect(text(.tooBigBulkCount) == "ERR Protocol error: too big bulk count string")
        #expect(text(.tooBigInlineRequest) == "ERR Protocol error: too big inline request")
        #expect(text(.unbalancedQuotes) == "ERR Protocol error: unbalanced quotes in request")
        #expect(text(.unauthenticatedMultibulkLength) == "ERR Protocol error: unauthenticated multibulk length")
        #expect(text(.unauthenticatedBulkLength) == "ERR Protocol error: unauthenticated bulk length")
        var writer = ReplyWriter()
        writer.writeError(ProtocolError.expectedBulk(10).text)
        #expect(String(decodingLatin1: writer.take()) == "-ERR Protocol error: expected '$', got ' '\r\n")
    }

    @Test func argumentsAreOfTheLastRequestOnly() throws {
        var bytes = Array("GET a\r\n*1\r\n$4\r\nPING\r\n".utf8)
        var reader = RequestReader()
        #expect(try next(&reader, &bytes))
        #expect(reader.arguments == [0..<3, 4..<5] && reader.consumed == 7 && !reader.isMidRequest)
        #expect(try next(&reader, &bytes))
        #expect(reader.arguments == [15..<19] && reader.consumed == 21)
        #expect(try !next(&reader, &bytes))
        #expect(reader.arguments == [])
        #expect(reader.dropConsumed() == 21 && reader.dropConsumed() == 0)
    }

    @Test func argumentsOfAPartMoveAlong() throws {
        var bytes = Array("PING\r\n*2\r\n$1\r\na\r\n$1\r\n".utf8)
        var reader = RequestReader()
        #expect(try next(&reader, &bytes))
        #expect(try !next(&reader, &bytes))
        #expect(reader.arguments == [14..<15] && reader.isMidRequest)
        bytes.removeFirst(reader.dropConsumed())
        #expect(reader.arguments == [8..<9])
        bytes += Array("b\r\n".utf8)
        #expect(try next(&reader, &bytes))
        #expect(reader.arguments.map { String(decoding: bytes[$0], as: UTF8.self) } == ["a", "b"])
    }

    @Test func knowsWhetherARequestHasBegun() throws {
        var reader = RequestReader()
        for part in ["*", "*1\r\n", "*1\r\n$1\r\n", "PIN"] {
            var bytes = Array("PING\r\n".utf8)
            reader = RequestReader()
            #expect(try next(&reader, &bytes))
            #expect(try !next(&reader, &bytes))
            #expect(!reader.isMidRequest)
            bytes += Array(part.utf8)
            #expect(try !next(&reader, &bytes))
            #expect(reader.isMidRequest, "\(part)")
        }
    }

    @Test func doesNotKeepTheMemoryOfLargeRequests() throws {
        var bytes = Array("*5000\r\n".utf8) + Array(repeatElement(Array("$0\r\n\r\n".utf8), count: 5000).joined())
        bytes += Array("PING\r\n".utf8)
        var reader = RequestReader()
        #expect(try next(&reader, &bytes))
        #expect(reader.arguments.count == 5000)
        #expect(try next(&reader, &bytes))
        #expect(reader.arguments.capacity < 100)
    }
}
