import RESP
import Testing

private func text(_ text: String) -> RESPValue { .bulk(Array(latin1: text)) }

@Suite struct ReplyReaderTests {
    @Test(arguments: [
        ("+OK\r\n", RESPValue.simpleString(Array("OK".utf8))), ("+\r\n", .simpleString([])),
        ("-ERR x\r\n", .error(Array("ERR x".utf8))),
        (":-12\r\n", .integer(-12)), (":9223372036854775807\r\n", .integer(.max)), ("$0\r\n\r\n", text("")),
        ("$3\r\n\r\n\0\r\n", text("\r\n\0")),
        ("$-1\r\n", .null), ("*-1\r\n", .null), ("_\r\n", .null), ("*0\r\n", .array([])), ("%0\r\n", .map([])),
        ("~0\r\n", .set([])),
        (">0\r\n", .push([])), ("*2\r\n:1\r\n*1\r\n$1\r\na\r\n", .array([.integer(1), .array([text("a")])])),
        ("#t\r\n", .boolean(true)), ("#f\r\n", .boolean(false)), (",1.5\r\n", .double(1.5)),
        (",-inf\r\n", .double(-.infinity)), (",3\r\n", .double(3)),
        ("(-12345678901234567890\r\n", .bigNumber(Array("-12345678901234567890".utf8))),
        ("!5\r\nERR\r\n\r\n", .error(Array("ERR\r\n".utf8))),
        ("=6\r\ntxt:ab\r\n", .verbatim(format: Array("txt".utf8), text: Array("ab".utf8))),
        (
            "%2\r\n+a\r\n:1\r\n%1\r\n_\r\n_\r\n#t\r\n",
            .map([.init(.simpleString([0x61]), .integer(1)), .init(.map([.init(.null, .null)]), .boolean(true))])
        ),
        ("~1\r\n*0\r\n", .set([.array([])])), (">2\r\n+a\r\n~0\r\n", .push([.simpleString([0x61]), .set([])])),
        (
            "|1\r\n+a\r\n:1\r\n*1\r\n:2\r\n",
            .attributed([.init(.simpleString([0x61]), .integer(1))], .array([.integer(2)]))
        ),
        ("*2\r\n:1\r\n|0\r\n:2\r\n", .array([.integer(1), .attributed([], .integer(2))])),
        ("|0\r\n|0\r\n_\r\n", .attributed([], .attributed([], .null))),
    ])
    func reads(_ stream: String, _ value: RESPValue) {
        #expect(replies(stream) == [.reply(value)])
        #expect(replies(stream + stream) == [.reply(value), .reply(value)])
    }

    @Test func readsNaN() {
        for text in [",nan\r\n", ",-nan\r\n"] {
            guard case .reply(.double(let number)) = replies(text).first else { return #expect(Bool(false), "\(text)") }
            #expect(number.isNaN)
        }
    }

    @Test(arguments: [
        ("x\r\n", ReplyError.unknownType(UInt8(ascii: "x"))), ("\r\n", .unknownType(13)), ("$?\r\n", .malformed),
        ("*?\r\n", .malformed),
        (":\r\n", .malformed), (":1.5\r\n", .malformed), (":+1\r\n", .malformed),
        (":9223372036854775808\r\n", .malformed), ("$-2\r\n", .malformed),
        ("!-1\r\n", .malformed), ("%-1\r\n", .malformed), ("~-1\r\n", .malformed), (">-1\r\n", .malformed),
        ("|-1\r\n", .malformed), ("*-2\r\n", .malformed),
        ("#\r\n", .malformed), ("#x\r\n", .malformed), ("#tt\r\n", .malformed), ("_x\r\n", .malformed),
        (",\r\n", .malformed), (",1x\r\n", .malformed),
        ("(\r\n", .malformed), ("(-\r\n", .malformed), ("(1a\r\n", .malformed), ("=3\r\ntxt\r\n", .malformed),
        ("=5\r\ntxt;a\r\n", .malformed),
        ("+a\rb\r\n", .missingLineEnd), ("$1\r\nab\r\n", .missingLineEnd), ("$1\r\na\rb", .missingLineEnd),
        ("$1\r\nab\n", .missingLineEnd),
        ("*1\r\n$1\r\nabc", .missingLineEnd),
    ])
    func refuses(_ stream: String, _ error: ReplyError) { #expect(replies(stream) == [.error(error)]) }

    @Test func anErrorIsFinal() {
        var connection = ReplyConnection()
        connection.receive(Array("x\r\n".utf8))
        connection.receive(Array("+OK\r\n".utf8))
        #expect(connection.events == [.error(.unknownType(UInt8(ascii: "x")))])
    }

    @Test func nesting() {
        let deepest = String(repeating: "*1\r\n", count: 32)
        var value = RESPValue.null
        for _ in 0..<32 { value = .array([value]) }
        #expect(replies(deepest + "_\r\n") == [.reply(value)])
        #expect(replies(deepest + "*1\r\n") == [.error(.tooDeep)])
        #expect(replies(String(repeating: "|1\r\n", count: 33)) == [.error(.tooDeep)])
        #expect(replies(String(repeating: "|0\r\n", count: 33)) == [.error(.tooDeep)])
        #expect(replies(String(repeating: "*1\r\n", count: 100_000)) == [.error(.tooDeep)])
    }

    @Test func limits() {
        var limits = ReplyLimits()
        limits.elementsMax = 2
        limits.bulkBytesMax = 3
        #expect(
            replies(Array("*2\r\n:1\r\n:2\r\n*3\r\n".utf8), limits) == [
                .reply(.array([.integer(1), .integer(2)])), .error(.tooLong),
            ])
        #expect(replies(Array("%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n%3\r\n".utf8), limits).last == .error(.tooLong))
        #expect(replies(Array("$3\r\nabc\r\n$4\r\n".utf8), limits) == [.reply(text("abc")), .error(.tooLong)])
        limits = ReplyLimits()
        limits.replyBytesMax = 8
        #expect(replies(Array("*1\r\n:1\r\n*1\r\n:1\r\n".utf8), limits).count == 2)
        #expect(replies(Array("*1\r\n:12\r\n".utf8), limits) == [.error(.tooLong)])
        #expect(replies(Array("$9\r\n".utf8), limits) == [.error(.tooLong)])
        #expect(replies("*9223372036854775807\r\n") == [.error(.tooLong)])
        #expect(replies("$9223372036854775807\r\n") == [.error(.tooLong)])
        let line = [UInt8(ascii: "+")] + Array(repeating: UInt8(ascii: "a"), count: 65535)
        #expect(replies(line + Array("\r\n".utf8)) == [.reply(.simpleString(Array(line.dropFirst())))])
        #expect(replies(line + [0x61]) == [.error(.lineTooLong)])
        #expect(replies(line + Array("a\r\n".utf8)) == [.error(.lineTooLong)])
    }

    private static let streams = [
        "*3\r\n:1\r\n$3\r\na\r\n\r\n+OK\r\n-ERR x\r\n",
        "%1\r\n+k\r\n|1\r\n+a\r\n_\r\n,1.5\r\n>2\r\n#t\r\n~1\r\n=5\r\ntxt:x\r\n",
        "(12\r\n!3\r\nERR\r\n*0\r\n$-1\r\n", "*2\r\n:1\r\n*1\r\n:x\r\n", "+OK\r\n$2\r\nabc\r\n", "*1\r\n*1\r\n?",
    ]

    @Test(arguments: streams)
    func everyTruncationAndEverySplit(_ stream: String) {
        let bytes = Array(latin1: stream)
        let whole = replies(bytes)
        for count in 0...bytes.count {
            #expect(whole.starts(with: replies(bytes[..<count])), "cut after \(count) bytes")
            var connection = ReplyConnection()
            connection.receive(bytes[..<count])
            connection.receive(bytes[count...])
            #expect(connection.events == whole, "split after \(count) bytes")
        }
        var connection = ReplyConnection()
        for byte in bytes { connection.receive([byte]) }
        #expect(connection.events == whole)
    }

    @Test func noByteIsSearchedTwice() throws {
        var bytes = Array("+abc".utf8)
        var reader = ReplyReader()
        #expect(try bytes.withUnsafeBytes { try reader.next(in: $0) } == nil)
        bytes[2] = 13
        bytes += Array("d".utf8)
        #expect(try bytes.withUnsafeBytes { try reader.next(in: $0) } == nil)
    }
}
