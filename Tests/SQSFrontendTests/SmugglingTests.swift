import NIOEmbedded
import SQSFrontend
import Testing

/// Requests on which two servers could disagree about where they end. Each has to be answered with an error and the
/// end of the connection, and what follows must not be taken for a request.
@Suite struct SmugglingTests {
    private static let hidden = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    private static let head = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ListQueues\r\n"

    static let cases: [(String, String)] = [
        ("CL and TE", head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("TE and CL", head + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n"),
        ("two equal CL", head + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
        ("two CL", head + "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}"),
        ("list of CL", head + "Content-Length: 2, 2\r\n\r\n{}"),
        ("negative CL", head + "Content-Length: -2\r\n\r\n{}"),
        ("signed CL", head + "Content-Length: +2\r\n\r\n{}"),
        ("hexadecimal CL", head + "Content-Length: 0x2\r\n\r\n{}"),
        ("CL with a letter", head + "Content-Length: 2a\r\n\r\n{}"),
        ("empty CL", head + "Content-Length:\r\n\r\n{}"),
        ("CL with a space inside", head + "Content-Length: 2 2\r\n\r\n{}"),
        ("CL beyond 64 bits", head + "Content-Length: 18446744073709551618\r\n\r\n{}"),
        ("TE identity", head + "Transfer-Encoding: identity\r\n\r\n"),
        ("TE gzip", head + "Transfer-Encoding: gzip\r\n\r\n"),
        ("TE gzip, chunked", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        ("TE chunked, gzip", head + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
        ("TE chunked twice", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("TE chunked, chunked", head + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
        ("TE xchunked", head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("TE quoted", head + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
        ("TE with vertical tab", head + "Transfer-Encoding: \u{0B}chunked\r\n\r\n0\r\n\r\n"),
        ("TE in HTTP/1.0", head.replacing("1.1", with: "1.0") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("space before the colon", head + "Content-Length : 2\r\n\r\n{}"),
        ("tab before the colon", head + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
        ("no colon", head + "Content-Length 2\r\n\r\n{}"),
        ("empty name", head + ": 2\r\n\r\n"),
        ("space in a name", head + "Content Length: 2\r\n\r\n{}"),
        ("folded line", head + "X: a\r\n Content-Length: 2\r\n\r\n{}"),
        ("folded TE", head + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        ("bare LF between headers", head + "X: a\nContent-Length: 2\r\n\r\n{}"),
        ("bare LF after the request line", "POST / HTTP/1.1\nHost: localhost\r\n\r\n"),
        ("bare LF at the end of the head", head + "X: a\r\n\n"),
        ("bare CR in a value", head + "X: a\rContent-Length: 2\r\n\r\n{}"),
        ("NUL in a value", head + "X: a\u{0}b\r\n\r\n"),
        ("NUL in a name", head + "X\u{0}: b\r\n\r\n"),
        ("chunk size overflow", head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"),
        ("chunk size with sign", head + "Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n"),
        ("chunk size with 0x", head + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"),
        ("chunk size with a space", head + "Transfer-Encoding: chunked\r\n\r\n2 \r\n{}\r\n0\r\n\r\n"),
        ("empty chunk size", head + "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n"),
        ("chunk longer than its size", head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"),
        ("chunk ended by LF", head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\n0\r\n\r\n"),
        ("chunk size ended by LF", head + "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"),
        ("two Hosts", "POST / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"),
        ("no Host", "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"),
        ("empty Host", "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n\r\n{}"),
        ("Host that breaks out of JSON", "POST / HTTP/1.1\r\nHost: localhost\"x\r\nContent-Length: 2\r\n\r\n{}"),
        ("Host with a path", "POST / HTTP/1.1\r\nHost: localhost/x\r\nContent-Length: 2\r\n\r\n{}"),
        ("URI of another host", "POST http://evil/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"),
        ("URI that is no path", "POST localhost HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"),
        ("CONNECT", "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("TRACE", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("space in the URI", "POST /a b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("HTTP/0.9", "GET /\r\n\r\n"),
        ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("HTTP/1.2", "POST / HTTP/1.2\r\nHost: localhost\r\n\r\n"),
        ("RESP", "*1\r\n$4\r\nPING\r\n"),
        ("TLS hello", "\u{16}\u{03}\u{01}\u{02}\u{0}\u{01}\u{0}"),
        ("two targets", head + "X-Amz-Target: AmazonSQS.PurgeQueue\r\nContent-Length: 2\r\n\r\n{}"),
        ("unknown expectation", head + "Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}"),
        ("gzip body", head + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    ]

    @Test func thereAreEnoughCases() { #expect(Self.cases.count >= 40) }

    @Test(arguments: cases)
    func isRefusedAndTheConnectionEnds(_ name: String, _ request: String) throws {
        let client = try TestClient()
        // Errors of the decoder reach the connection, which answers them; EmbeddedChannel shows them as well.
        try? client.write(request + Self.hidden)
        client.settle()
        let response = try #require(try client.response(), "no answer to \(name)")
        #expect((400...499).contains(response.status), "\(name): \(response.status)")
        #expect(response.headers["connection"] == "close", "\(name)")
        #expect(try client.response() == nil, "\(name): a second answer")
        #expect(!client.channel.isActive, "\(name)")
        #expect(client.seen().isEmpty, "\(name)")
    }

    @Test(arguments: cases)
    func isRefusedByteByByteToo(_ name: String, _ request: String) throws {
        let client = try TestClient()
        for byte in (request + Self.hidden).utf8 where client.channel.isActive { try? client.write([byte]) }
        client.settle()
        let response = try #require(try client.response(), "no answer to \(name)")
        #expect((400...499).contains(response.status), "\(name): \(response.status)")
        #expect(try client.response() == nil, "\(name): a second answer")
        #expect(client.seen().isEmpty, "\(name)")
    }

    @Test func theStatusSaysWhatWasWrong() throws {
        func status(_ name: String) throws -> Int? {
            let client = try TestClient()
            let request = try #require(Self.cases.first { $0.0 == name }?.1)
            try? client.write(request)
            return try client.response()?.status
        }
        #expect(try status("gzip body") == 415)
        #expect(try status("unknown expectation") == 417)
        #expect(try status("TRACE") == 405)
    }

    /// RFC 9110, 15.5.6.
    @Test func aMethodThatIsNotServedNamesThoseThatAre() throws {
        let client = try TestClient()
        try client.write("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        let response = try client.response()
        #expect(response?.status == 405)
        #expect(response?.headers["allow"] == "GET, HEAD, POST")
    }

    @Test func absoluteURIsOfThisHostAreFine() throws {
        let client = try TestClient()
        let request = TestClient.request("ListQueues", "{}", path: "http://localhost:9324/")
        try client.write(request)
        client.settle()
        #expect(try client.response()?.status == 200)
    }
}
