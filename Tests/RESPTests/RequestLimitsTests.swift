import RESP
import Testing

@Suite struct RequestLimitsTests {
    private func header(_ count: Int) -> [UInt8] { Array("*\(count)\r\n".utf8) }

    @Test func beforeAuthentication() {
        let arguments = Array(repeatElement("$1\r\na\r\n", count: 10).joined().utf8)
        let most = [RequestEvent.request(Array(repeating: "a", count: 10))]
        #expect(requests(header(10) + arguments, isAuthenticated: false) == most)
        #expect(requests(header(11), isAuthenticated: false) == [.error(.unauthenticatedMultibulkLength)])
        #expect(requests("*2147483648\r\n", isAuthenticated: false) == [.error(.invalidMultibulkLength)])
        #expect(requests("*1\r\n$16385\r\n", isAuthenticated: false) == [.error(.unauthenticatedBulkLength)])
        #expect(requests("*1\r\n$67108865\r\n", isAuthenticated: false) == [.error(.invalidBulkLength)])
        let longest = Array("*1\r\n$16384\r\n".utf8) + Array(repeating: 0, count: 16384) + [13, 10]
        #expect(requests(longest, isAuthenticated: false) == [.request([String(repeating: "\0", count: 16384)])])
        #expect(requests(header(11)) == [])
    }

    @Test func authenticationCountsForWhatIsReadAfterIt() {
        var connection = RequestConnection(isAuthenticated: false)
        connection.receive(Array("AUTH x\r\n*1".utf8))
        connection.reader.isAuthenticated = true
        connection.receive(Array("1\r\n$16385\r\n".utf8))
        #expect(connection.events == [.request(["AUTH", "x"])])
    }

    @Test func arguments() {
        #expect(requests(header(1_048_576)) == [])
        #expect(requests(header(1_048_577)) == [.error(.invalidMultibulkLength)])
        var limits = RequestLimits()
        limits.argumentsMax = 2
        #expect(
            requests(Array("*2\r\n$0\r\n\r\n$0\r\n\r\n*3\r\n".utf8), limits) == [
                .request(["", ""]), .error(.invalidMultibulkLength),
            ])
    }

    @Test func bulks() {
        #expect(requests("*1\r\n$67108864\r\n") == [])
        var limits = RequestLimits()
        limits.bulkBytesMax = 3
        #expect(
            requests(Array("*1\r\n$3\r\nabc\r\n*1\r\n$4\r\n".utf8), limits) == [
                .request(["abc"]), .error(.invalidBulkLength),
            ])
        limits.bulkBytesMax = .max
        #expect(requests(Array("*1\r\n$9223372036854775807\r\n".utf8), limits) == [.error(.tooBigRequest)])
    }

    @Test func wholeRequests() {
        let stream = Array("*2\r\n$1\r\na\r\n$3\r\nbcd\r\n".utf8)
        var limits = RequestLimits()
        limits.requestBytesMax = stream.count
        // Requests before it do not count.
        #expect(requests(stream + stream, limits).count == 2)
        limits.requestBytesMax = stream.count - 1
        #expect(requests(stream, limits) == [.error(.tooBigRequest)])
        // Said as soon as it is declared.
        #expect(requests(stream.dropLast(5), limits) == [.error(.tooBigRequest)])
        limits.requestBytesMax = 0
        #expect(requests(stream, limits) == [.error(.tooBigRequest)])
    }

    @Test(arguments: [
        ("*", ProtocolError.tooBigMultibulkCount, 0), ("*1\r\n$", .tooBigBulkCount, 4), ("a", .tooBigInlineRequest, 0),
        ("*1\r\nx", .tooBigBulkCount, 4),
    ])
    func linesWithoutEnd(_ start: String, _ error: ProtocolError, _ before: Int) {
        let line = Array(start.utf8) + Array(repeating: UInt8(ascii: "1"), count: 65536 + before - start.utf8.count)
        #expect(requests(line) == [])
        #expect(requests(line + [0x31]) == [.error(error)])
        // The same when its end is there: it does not depend on how bytes arrive.
        #expect(requests(line + [0x31] + Array("\r\n".utf8)) == [.error(error)])
        var connection = RequestConnection()
        for piece in [line, [0x31], Array("\r\n".utf8)] { connection.receive(piece) }
        #expect(connection.events == [.error(error)])
    }

    @Test func theLongestInlineRequest() {
        let line = Array("GET ".utf8) + Array(repeating: UInt8(ascii: "k"), count: 65536 - 4)
        #expect(requests(line + [10]) == [.request(["GET", String(repeating: "k", count: 65532)])])
        #expect(requests(line + [13, 10]) == [.error(.tooBigInlineRequest)])
    }
}
