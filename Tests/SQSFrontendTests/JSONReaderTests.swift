import SQSFrontend
import Testing

@Suite struct JSONReaderTests {
    /// Reads over `text` as one value; nil when that went well.
    private func fault(_ text: some Collection<UInt8>) -> SQSFault? {
        // A copy of exactly this size, so that a read beyond the end would leave the allocation.
        Array(text).withUnsafeBytes { bytes in
            do throws(SQSFault) {
                var reader = try JSONReader(bytes)
                try reader.skipValue()
                try reader.finish()
                return nil
            } catch {
                return error
            }
        }
    }

    private func accepts(_ text: String) -> Bool { fault(text.utf8) == nil }

    /// Reads `text` as one string.
    private func string(_ text: String) -> String? {
        Array(text.utf8).withUnsafeBytes { bytes in
            guard var reader = try? JSONReader(bytes), let text = try? reader.readText("x"),
                (try? reader.finish()) != nil
            else { return nil }
            return reader.string(text)
        }
    }

    private func integer(_ text: String) -> Int? {
        Array(text.utf8).withUnsafeBytes { bytes in
            guard var reader = try? JSONReader(bytes), let value = try? reader.readInteger("x"),
                (try? reader.finish()) != nil
            else { return nil }
            return value
        }
    }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-0", "12", "-1.5e+10", "0.5", "1E3", #""""#, " [ 1 , 2 ] ",
        #"{"a":{"b":[{},[],""]},"c":null}"#, "\t{\r\n}\n", #"["\u0000","\ud83d\ude00"]"#,
    ])
    func acceptsJSON(_ text: String) { #expect(accepts(text)) }

    @Test(arguments: [
        "", " ", "{", "}", "[", "]", "[1,]", "[,1]", "[1 2]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#,
        #"{"a" 1}"#, "01", "-", "1.", ".5", "1e", "+1", "0x1", "1_0", "tru", "nul", "True", "NaN", #"""#, #""a"#,
        #""\"#, #""\x""#, #""\u12""#, #""\u12g4""#, "\"\u{01}\"", "\"a\nb\"", "{} {}", "[]]", "'a'", "// x\n1",
        #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\ud800\n""#, "{\"a\":1 \"b\":2}", "\u{FEFF}1",
    ])
    func refusesEverythingElse(_ text: String) {
        #expect(fault(text.utf8)?.code == .serializationException)
    }

    @Test(arguments: [
        #"{"QueueUrl":"http://localhost/0/q","MessageBody":"a\"b\\\u00e9\ud83d\ude00 c","DelaySeconds":-12.5e-7}"#,
        #"[[[{"a":[true,false,null,{"b":""}]}]],"é😀"]"#,
    ])
    func refusesEveryTruncation(_ text: String) {
        let bytes = Array(text.utf8)
        #expect(fault(bytes) == nil)
        for count in 0..<bytes.count { #expect(fault(bytes[..<count]) != nil, "cut after \(count) bytes") }
    }

    @Test func findsWhatEndsPlainTextAtEveryOffset() {
        // The reader takes eight bytes a step: whatever ends a text may stand at any place of a step.
        for length in 0..<40 {
            let plain = String(repeating: "x", count: length)
            #expect(string("\"\(plain)\"") == plain)
            #expect(string("\"\(plain)\\n\(plain)\"") == "\(plain)\n\(plain)")
            #expect(string("\"\(plain)\u{1F}\(plain)\"") == nil)
            #expect(string("\"\(plain)é\u{7F}\(plain)\"") == "\(plain)é\u{7F}\(plain)")
        }
    }

    @Test func takesEscapesOut() {
        #expect(string(#""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{08}\u{0C}\n\r\t")
        #expect(string(#""\u0041\u00e9\u4E2d\uD83D\uDE00\u0000""#) == "Aé中😀\u{0}")
        #expect(string(#""\uFFFE\uffff""#) == "\u{FFFE}\u{FFFF}")
    }

    @Test func readsIntegers() {
        #expect(integer("0") == 0)
        #expect(integer(" -43200 ") == -43200)
        #expect(integer("9223372036854775807") == Int.max)
        #expect(integer("-9223372036854775808") == Int.min)
        for text in ["9223372036854775808", "1.0", "1e2", "\"1\"", "null", "00", String(repeating: "9", count: 5000)] {
            #expect(integer(text) == nil, "\(text.prefix(30))")
        }
    }

    @Test func boundsNesting() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(accepts(nested(JSONReader.depthMax)))
        #expect(!accepts(nested(JSONReader.depthMax + 1)))
        #expect(fault(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) != nil)
        let objects = String(repeating: #"{"a":"#, count: 100_000)
        #expect(fault(objects.utf8) != nil)
    }

    @Test func refusesBytesThatAreNotUTF8() {
        #expect(fault([0x22, 0xFF, 0x22])?.message == "The body is not UTF-8.")
        #expect(fault([0x22, 0xED, 0xA0, 0x80, 0x22]) != nil)
    }

    @Test func refusesNamesThatStandTwiceOrAreUnknown() {
        func members(_ text: String) -> SQSErrorCode? {
            Array(text.utf8).withUnsafeBytes { bytes in
                do throws(SQSFault) {
                    var reader = try JSONReader(bytes)
                    var seen: UInt32 = 0
                    try reader.enterObject("request")
                    while try reader.nextMember(["One", "Two"], seen: &seen) != nil { try reader.skipValue() }
                    try reader.finish()
                    return nil
                } catch {
                    return error.code
                }
            }
        }
        #expect(members(#"{"One":1,"Two":{"One":[1]}}"#) == nil)
        #expect(members(#"{"One":null,"\u0054wo":2}"#) == nil)
        #expect(members(#"{"One":1,"One":1}"#) == .serializationException)
        #expect(members(#"{"One":null,"\u004fne":1}"#) == .serializationException)
        #expect(members(#"{"Three":1}"#) == .unsupportedOperation)
        #expect(members(#"[]"#) == .serializationException)
    }
}
