import NIOCore
import RoostModel
import SQSFrontend
import Testing

@Suite struct TextTests {
    private func isValid(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { UTF8Text.isValid($0) } }

    @Test func agreesWithTheStandardLibraryOnUTF8() {
        var random = SeededRandom(seed: 7)
        let samples = ["plain ascii text", "grüße", "中文字符", "😀😁", "\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}"]
        for _ in 0..<20_000 {
            var bytes = Array(samples.randomElement(using: &random)?.utf8 ?? "".utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            #expect(isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }

    @Test func refusesEverySingleByteAbove7F() {
        for byte in UInt8(0x80)...0xFF {
            #expect(!isValid([byte]))
            #expect(!isValid(Array("1234567".utf8) + [byte] + Array("89".utf8)))
        }
    }

    @Test func legalMessagesHoldWhatSQSNames() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            // Every scalar of the first planes' edges, and a sample of the rest.
            guard value < 0x300 || value % 97 == 0 || value & 0xFFFF > 0xFFF0 || (0xD7F0...0xE010).contains(value)
            else {
                continue
            }
            let isLegal: Bool =
                switch value {
                case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
                default: false
                }
            #expect(UTF8Text.isLegalMessage(String(scalar)) == isLegal, "U+\(String(value, radix: 16))")
            #expect(UTF8Text.isLegalMessage("0123456" + String(scalar) + "89abcdef") == isLegal)
        }
    }

    @Test func base64GoesBothWays() {
        var random = SeededRandom(seed: 3)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            var text: [UInt8] = []
            Base64.encode(bytes) { text.append($0) }
            #expect(Base64.decode(text) == bytes)
            for cut in 1..<4 where text.count > cut { #expect(Base64.decode(Array(text.dropLast(cut))) == nil) }
        }
        #expect(Base64.decode(Array("Zm9v".utf8)) == Array("foo".utf8))
    }

    @Test(arguments: ["Z", "Zm9", "Zm9v=", "====", "Z===", "Zg==Zg==", "Zm-v", "Zm v", "Zm9vYg=a", "=m9v"])
    func refusesWhatIsNotBase64(_ text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }

    @Test func writesJSONThatReadsBackTheSame() throws {
        let text = "quote \" backslash \\ slash / \u{08}\u{0C}\n\r\t\u{01}\u{1F}\u{7F} é 中 😀 \u{2028}"
        var buffer = ByteBuffer()
        buffer.writeJSON(text)
        let back = try buffer.withUnsafeReadableBytes { bytes in
            var reader = try JSONReader(bytes)
            return reader.string(try reader.readText("x"))
        }
        #expect(back == text)
    }

    @Test func writesBytesThatAreNotTextWithReplacementCharacters() {
        var buffer = ByteBuffer()
        buffer.writeJSON([0x61, 0xFF, 0x62])
        #expect(String(buffer: buffer) == "\"a\u{FFFD}b\"")
    }
}

/// The same numbers in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
