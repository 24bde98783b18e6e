import RoostModel
import Testing

@Suite("Strings in one piece")
struct ByteStringsTests {
    private func all(_ strings: ByteStrings) -> [Bytes] {
        var all: [Bytes] = []
        strings.forEach { all.append(Bytes($0)) }
        return all
    }

    @Test("Each comes back as it was, empty ones too")
    func each() {
        let texts = ["", "a", "", String(repeating: "x", count: 300), ""].map { Bytes($0.utf8) }
        var strings = ByteStrings(reserving: 2)
        #expect(all(strings).isEmpty && strings.count == 0)
        for text in texts { strings.append(text.span) }
        #expect(all(strings) == texts && strings.count == texts.count)
    }

    @Test("The same bytes parted elsewhere are others")
    func parted() {
        var (one, other) = (ByteStrings(), ByteStrings())
        for text in ["ab", "c"] { one.append(Bytes(text.utf8).span) }
        for text in ["a", "bc"] { other.append(Bytes(text.utf8).span) }
        #expect(one != other)
    }
}
