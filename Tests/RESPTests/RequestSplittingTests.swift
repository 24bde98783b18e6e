import RESP
import Testing

/// However bytes arrive, the requests are the same.
@Suite struct RequestSplittingTests {
    static let streams = [
        "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n",
        "*3\r\n$5\r\nLPUSH\r\n$0\r\n\r\n$12\r\n\r\n*1\r\n$4\r\n..\r\n",
        "GET k\r\n\r\n  \n*0\r\n*-1\r\nSET \"a\\x00\\n b\" 'it\\'s'\nPING\r\n",
        "*1\rX$4\r\rPINGXYPING\r\n",
        "PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n+4\r\n",
        "*1\r\n$1\r\na\r\n*12345678901\r\n", "*1\r\n$1\r\na\r\n*1\r\n$-7\r\n", "PING\r\nGET \"a\"b\r\n",
        "PING\r\n\u{16}\u{03}\0\n",
        "*2\r\n$10\r\n0123456789\r\n$0000000001\r\n",
    ]

    /// Nothing of a request that is not whole, and the same as ever of those before it.
    @Test(arguments: streams)
    func everyTruncation(_ stream: String) {
        let bytes = Array(latin1: stream)
        let whole = requests(bytes)
        for count in 0..<bytes.count {
            let events = requests(bytes[..<count])
            #expect(whole.starts(with: events), "cut after \(count) bytes")
        }
        #expect(whole.count > requests(bytes.dropLast()).count || whole.last == requests(bytes.dropLast()).last)
    }

    @Test(arguments: streams)
    func everySplit(_ stream: String) {
        let bytes = Array(latin1: stream)
        let whole = requests(bytes)
        for count in 0...bytes.count {
            var connection = RequestConnection()
            connection.receive(bytes[..<count])
            connection.receive(bytes[count...])
            #expect(connection.events == whole, "split after \(count) bytes")
        }
    }

    @Test(arguments: streams, [true, false])
    func byteByByte(_ stream: String, _ dropsAtOnce: Bool) {
        var connection = RequestConnection()
        connection.dropsAtOnce = dropsAtOnce
        for byte in Array(latin1: stream) { connection.receive([byte]) }
        #expect(connection.events == requests(Array(latin1: stream)))
    }

    @Test func randomSplits() {
        var random = SplitMix(state: 1)
        let bytes = Array(latin1: Self.streams[..<4].joined() + Self.streams[4])
        let whole = requests(bytes)
        #expect(whole.count == 11)
        for round in 0..<2000 {
            var connection = RequestConnection()
            connection.dropsAtOnce = round % 2 == 0
            for piece in bytes.pieces(&random) { connection.receive(piece) }
            #expect(connection.events == whole, "round \(round)")
        }
    }

    /// Bytes that were looked at are changed behind the reader's back, into what it is looking for.
    @Test(arguments: ["GET kkkkk", "*1", "*1\r\n$1", "*1\r\n$000", "*x"])
    func noByteIsSearchedTwice(_ part: String) throws {
        var bytes = Array(part.utf8)
        var reader = RequestReader()
        #expect(try !next(&reader, &bytes))
        let lineStart = bytes.lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
        for index in lineStart + 1..<bytes.count { bytes[index] = part.contains("GET") ? lineFeed : carriageReturn }
        bytes += Array("00".utf8)
        #expect(try !next(&reader, &bytes))
    }

    private let lineFeed = UInt8(ascii: "\n")
    private let carriageReturn = UInt8(ascii: "\r")
}
