import RESP
import RoostModel
import Testing

@Suite struct ReplyWriterTests {
    /// What is written with RESP2 and with RESP3.
    private func written(_ write: (inout ReplyWriter) -> Void) -> [String] {
        [RESPVersion.two, .three].map { version in
            var writer = ReplyWriter(version: version)
            write(&writer)
            return String(decodingLatin1: writer.take())
        }
    }

    private func both(_ text: String) -> [String] { [text, text] }

    @Test func lines() {
        #expect(written { $0.writeOK() } == both("+OK\r\n"))
        #expect(written { $0.writeSimpleString("QUEUED") } == both("+QUEUED\r\n"))
        #expect(written { $0.writeSimpleString(Array("a\r\nb".utf8)) } == both("+a  b\r\n"))
        #expect(written { $0.writeError("ERR no such key") } == both("-ERR no such key\r\n"))
        #expect(written { $0.writeError("ERR '\r\n+OK'") } == both("-ERR '  +OK'\r\n"))
        #expect(written { $0.writeError([0x45, 0xFF]) } == both("-E\u{FF}\r\n"))
    }

    @Test func integers() {
        for number in [0, 1, -1, 9, 10, 99, 100, -100, 1_234_567_890, Int64.max, .min] {
            #expect(written { $0.writeInteger(number) } == both(":\(number)\r\n"))
            #expect(written { $0.writeBulk(integer: number) } == both("$\("\(number)".utf8.count)\r\n\(number)\r\n"))
        }
        #expect(written { $0.writeInteger(7) } == both(":7\r\n"))
    }

    @Test func bulks() {
        #expect(written { $0.writeBulk("") } == both("$0\r\n\r\n"))
        #expect(written { $0.writeBulk("h\u{E9}\r\n") } == both("$5\r\nh\u{C3}\u{A9}\r\n\r\n"))
        #expect(written { $0.writeBulk([0, 0xFF, 13]) } == both("$3\r\n\0\u{FF}\r\r\n"))
        #expect(written { $0.writeBulk([1, 2, 3, 4][1...2]) } == both("$2\r\n\u{02}\u{03}\r\n"))
        let long = String(repeating: "x", count: 1_000_000)
        #expect(written { $0.writeBulk(long) } == both("$1000000\r\n\(long)\r\n"))
    }

    @Test func manyBulks() {
        let texts = ["", "a", "b", "a\r\nb", "", String(repeating: "x", count: 12_345), "c"]
        let strings = ByteStrings(texts.map { Bytes($0.utf8) })
        let one = { (text: String) in "$\(text.utf8.count)\r\n\(text)\r\n" }
        #expect(written { $0.writeBulks(strings) } == both(texts.map(one).joined()))
        #expect(written { $0.writeBulks(ByteStrings()) } == both(""))
        let behind = written { writer in
            writer.writeOK()
            writer.writeBulks(strings)
            writer.writeOK()
        }
        #expect(behind == both("+OK\r\n" + texts.map(one).joined() + "+OK\r\n"))
    }

    @Test func whatOnlyRESP3Has() {
        #expect(written { $0.writeNull() } == ["$-1\r\n", "_\r\n"])
        #expect(written { $0.writeNullArray() } == ["*-1\r\n", "_\r\n"])
        #expect(written { $0.writeBoolean(true) } == [":1\r\n", "#t\r\n"])
        #expect(written { $0.writeBoolean(false) } == [":0\r\n", "#f\r\n"])
        #expect(written { $0.writeVerbatim("# x") } == ["$3\r\n# x\r\n", "=7\r\ntxt:# x\r\n"])
        #expect(written { $0.writeVerbatim("", .markdown) } == ["$0\r\n\r\n", "=4\r\nmkd:\r\n"])
        #expect(written { $0.writeBigNumber(Array("-123".utf8)) } == ["$4\r\n-123\r\n", "(-123\r\n"])
    }

    @Test func doubles() {
        #expect(written { $0.writeDouble(1.5) } == ["$3\r\n1.5\r\n", ",1.5\r\n"])
        #expect(written { $0.writeDouble(3) } == ["$1\r\n3\r\n", ",3\r\n"])
        #expect(written { $0.writeDouble(.infinity) } == ["$3\r\ninf\r\n", ",inf\r\n"])
        #expect(written { $0.writeDouble(-.infinity) } == ["$4\r\n-inf\r\n", ",-inf\r\n"])
        #expect(written { $0.writeDouble(.nan) } == ["$3\r\nnan\r\n", ",nan\r\n"])
        #expect(written { $0.writeBulk(longDouble: 10.5) } == both("$4\r\n10.5\r\n"))
    }

    @Test func containers() {
        #expect(written { $0.writeArray(count: 0) } == both("*0\r\n"))
        #expect(written { $0.writeArray(count: 12) } == both("*12\r\n"))
        #expect(written { $0.writeMap(count: 2) } == ["*4\r\n", "%2\r\n"])
        #expect(written { $0.writeSet(count: 2) } == ["*2\r\n", "~2\r\n"])
        #expect(written { $0.writePush(count: 3) } == ["*3\r\n", ">3\r\n"])
    }

    @Test func theVersionChangesBetweenReplies() {
        var writer = ReplyWriter()
        writer.writeNull()
        writer.version = .three
        writer.writeNull()
        #expect(String(decodingLatin1: writer.bytes) == "$-1\r\n_\r\n")
        writer.clear()
        writer.writeEncoded(Array(":1\r\n".utf8))
        #expect(String(decodingLatin1: writer.take()) == ":1\r\n" && writer.bytes.isEmpty)
    }

    /// Each type, written and read again.
    @Test(arguments: [RESPVersion.two, .three])
    func isRead(_ version: RESPVersion) {
        var writer = ReplyWriter(version: version)
        writer.writePush(count: 8)
        writer.writeOK()
        writer.writeError("ERR x")
        writer.writeInteger(-5)
        writer.writeBulk("b")
        writer.writeNull()
        writer.writeMap(count: 1)
        writer.writeBulk("k")
        writer.writeDouble(2.5)
        writer.writeSet(count: 1)
        writer.writeBoolean(true)
        writer.writeArray(count: 2)
        writer.writeBigNumber([0x37])
        writer.writeVerbatim("v")
        let isNew = version == .three
        func text(_ text: String) -> RESPValue { .bulk(Array(text.utf8)) }
        let (key, number) = (text("k"), isNew ? RESPValue.double(2.5) : text("2.5"))
        let last: [RESPValue] = [
            isNew ? .bigNumber([0x37]) : text("7"),
            isNew ? .verbatim(format: Array("txt".utf8), text: Array("v".utf8)) : text("v"),
        ]
        let elements: [RESPValue] = [
            .simpleString(Array("OK".utf8)), .error(Array("ERR x".utf8)), .integer(-5), text("b"), .null,
            isNew ? .map([RESPPair(key, number)]) : .array([key, number]),
            isNew ? .set([.boolean(true)]) : .array([.integer(1)]),
            .array(last),
        ]
        #expect(replies(writer.take()) == [.reply(isNew ? .push(elements) : .array(elements))])
    }
}
