import RESP
import Testing

/// What Valkey 7.2 made of the same lines.
@Suite struct InlineRequestTests {
    @Test(arguments: [
        ("GET k", ["GET", "k"]), ("  GET \t k  ", ["GET", "k"]), ("\u{0B}\u{0C}GET\u{0B}k", ["GET\u{0B}k"]),
        (#"SET "a b" 'c d'"#, ["SET", "a b", "c d"]), (#"a"b c" d'e f'"#, ["ab c", "de f"]),
        (#""" '' x"#, ["", "", "x"]), (#""\x41\xfF\x0a""#, ["A\u{FF}\n"]),
        (#""\n\r\t\b\a\\\"\'\q""#, ["\n\r\t\u{08}\u{07}\\\"'q"]),
        (#""\xZ1\x1""#, ["xZ1x1"]), (#"'a\'b\n\x41'"#, [#"a'b\n\x41"#]), (#"a\nb \x41"#, [#"a\nb"#, #"\x41"#]),
        ("\"a\"\u{0B}b", ["a", "b"]), ("'a'\u{0C}b", ["a", "b"]), ("\u{E9}\u{FF}", ["\u{E9}\u{FF}"]),
        ("a\rb c", ["a", "b", "c"]),
        (#""a'b" 'c"d'"#, ["a'b", "c\"d"]), ("\"a\rb\"", ["a\rb"]), (#""a\ b""#, ["a b"]),
    ])
    func splits(_ line: String, _ arguments: [String]) {
        for end in ["\r\n", "\n"] { #expect(requests(line + end + "X\r\n") == [.request(arguments), .request(["X"])]) }
    }

    @Test(arguments: [
        #"""#, #"'"#, #"a "b"#, #"a 'b"#, #""a"b"#, #"'a'b"#, #""a""b""#, #"'a''b'"#, #""a\"#, #""a\""#, #"'a\'"#,
        #"'a\\'"#,
        #"set """test-key""" v"#,
        "\"a\"\u{E9}",
    ])
    func refusesUnbalancedQuotes(_ line: String) {
        for end in ["\r\n", "\n"] { #expect(requests(line + end) == [.error(.unbalancedQuotes)]) }
    }

    @Test func aNULEndsItAtOnce() {
        #expect(requests("\0") == [.error(.tooBigInlineRequest)])
        #expect(requests("PING\r\nGET a\0b\r\n") == [.request(["PING"]), .error(.tooBigInlineRequest)])
        // Behind the line it is none of its business.
        #expect(requests("PING\r\n*1\r\n$1\r\n\0\r\n") == [.request(["PING"]), .request(["\0"])])
    }

    @Test func leavesOtherBytesAlone() throws {
        let text = Array("PING \"\\x41\" b\r\n*1\r\n$6\r\n\"\\x41\"\r\n".utf8)
        var bytes = text
        var reader = RequestReader()
        while try next(&reader, &bytes) {}
        #expect(bytes[11...] == text[11...])
    }
}
