import NIOCore
import RoostModel
import SQSFrontend
import Testing

/// Vectors from AWS-validated tests; the SDKs compute the same and refuse a reply that differs.
@Suite struct MessageDigestTests {
    private func text(_ name: String, _ type: String, _ value: String) -> MessageAttribute {
        MessageAttribute(name: name, type: type, value: .text(value))
    }

    @Test func bodiesAreSummedAsUTF8() {
        #expect(MD5Sum(of: Array("hello".utf8)).description == "5d41402abc4b2a76b9719d911017c592")
        #expect(MD5Sum(of: []).description == "d41d8cd98f00b204e9800998ecf8427e")
        #expect(MD5Sum(of: Array("é".utf8)).description == MD5Sum(of: [0xC3, 0xA9]).description)
    }

    /// Other protocols may send bytes that neither JSON nor XML can carry. An SDK sums what it got.
    @Test func aBodyIsSummedAsItIsShown() throws {
        let words = ["a", "é", "\u{0}", "\u{1F}", "\t\n", "\u{FFFD}", "\u{FFFE}", "\u{FFFF}", "\u{F000}", "😀"]
        let pieces = words.map { Array($0.utf8) } + [[0xFF], [0xC3], [0xEF, 0xBF], [0xED, 0xA0, 0x80]]
        var random = SeededRandom(seed: 7)
        for _ in 0..<500 {
            let body = (0..<6).flatMap { _ in pieces.randomElement(using: &random) ?? [] }
            var json = ByteBuffer()
            json.writeJSON(body)
            let shown = try json.withUnsafeReadableBytes { bytes in
                var reader = try JSONReader(bytes)
                return reader.string(try reader.readText("x"))
            }
            #expect(MD5Sum(ofBodyInJSON: body) == MD5Sum(of: Array(shown.utf8)))
            var xml = ByteBuffer()
            xml.writeXML(body)
            #expect(MD5Sum(ofBodyInXML: body) == MD5Sum(of: Array(xml.readableBytesView)))
        }
        #expect(MD5Sum(ofBodyInJSON: Array("é\r".utf8)) == MD5Sum(of: Array("é\r".utf8)))
        #expect(MD5Sum(ofBodyInXML: Array("é\r".utf8)) == MD5Sum(of: Array("é\r".utf8)))
    }

    @Test func attributesAreSummedByName() throws {
        let timestamp = try #require(MD5Sum(of: [text("timestamp", "Number", "1493147359900")]))
        #expect(timestamp.description == "235c5c510d26fb653d073faed50ae77c")
        let foo = try #require(MD5Sum(of: [text("Foo", "String", "Bar")]))
        #expect(foo.description == "ae7155c6026991b6d54b11589678bf9c")
    }

    @Test func theOrderOfAttributesDoesNotMatter() {
        let attributes = [text("a", "String", "1"), text("é", "Number.x", "2"), text("B", "String", "3")]
        #expect(MD5Sum(of: attributes) == MD5Sum(of: attributes.reversed()))
    }

    @Test func labelAndKindCount() {
        #expect(MD5Sum(of: [text("n", "Number", "1")]) != MD5Sum(of: [text("n", "Number.x", "1")]))
        let binary = MessageAttribute(name: "n", type: "Number", value: .binary([0x31]))
        #expect(MD5Sum(of: [binary]) != MD5Sum(of: [text("n", "Number", "1")]))
    }

    @Test func withoutAttributesThereIsNoSum() { #expect(MD5Sum(of: [MessageAttribute]()) == nil) }
}
