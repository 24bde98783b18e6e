import RoostModel
import Testing

@Suite("Glob patterns")
struct GlobPatternTests {
    private func matches(_ pattern: String, _ text: String) -> Bool {
        GlobPattern(Array(pattern.utf8)).matches(Array(text.utf8))
    }

    @Test(
        "What Redis' stringmatchlen takes",
        arguments: [
            ("", ""), ("a", "a"), ("*", ""), ("**", ""), ("*", "abc"), ("a*", "a"), ("*a", "a"), ("a**b", "ab"),
            ("a*c", "abbbc"), ("*b*", "abc"), ("*a*b*c", "xaxbxc"), ("a?c", "abc"), ("?", "\n"), ("h[ae]llo", "hello"),
            ("[^a]", "b"), ("[a-c]", "b"), ("[c-a]", "b"), ("[a-cx]", "x"), ("\\*", "*"), ("\\a", "a"), ("a\\", "a\\"),
            ("[\\]]", "]"), ("[\\^]", "^"), ("[a^]", "^"), ("[a\\-c]", "-"), ("[-a]", "-"),
            // A bracket that is not closed ends with the pattern.
            ("[ab", "b"), ("[^", "a"), ("[a\\", "\\"), ("[a-", "-"),
            // The end of this range is the bracket.
            ("[a-]", "^"), ("[a-]", "]"), ("[^]", "a"), ("]", "]"),
        ])
    func taken(_ pattern: String, _ text: String) { #expect(matches(pattern, text)) }

    @Test(
        "What it does not take",
        arguments: [
            ("", "a"), ("a", ""), ("a", "A"), ("a", "ab"), ("ab", "a"), ("?", ""), ("?", "ab"), ("a*c", "abcd"),
            ("*b", "abc"), ("h[ae]llo", "hillo"), ("[^a]", "a"), ("[^a]", ""), ("[a-c]", "d"), ("[a\\-c]", "b"),
            ("\\*", "a"), ("\\?", "a"), ("a\\", "a"), ("[", "["), ("[]", "]"), ("[]a]", "a]"), ("[a-]", "-"),
            ("*a*b*c", "xcxbxa"), ("[^a-c]", "b"), ("**?", ""),
        ])
    func refused(_ pattern: String, _ text: String) { #expect(!matches(pattern, text)) }

    @Test("Bytes are bytes, with no regard to text")
    func anyBytes() {
        #expect(GlobPattern([0x5b, 0x61, 0x2d, 0xff, 0x5d]).matches([0x80]))
        #expect(!GlobPattern([0x5b, 0x61, 0x2d, 0xff, 0x5d]).matches([0x60]))
        #expect(GlobPattern([0x3f]).matches([0]) && !matches("?", "ä"))
    }

    @Test("Each byte of a range, and none beside it, over all bounds of words")
    func ranges() {
        for (low, high) in [
            (0, 0), (0, 63), (1, 62), (63, 64), (64, 127), (127, 128), (100, 200), (3, 255), (255, 255),
        ] {
            let pattern = GlobPattern([0x5b, UInt8(low), 0x2d, UInt8(high), 0x5d])
            for byte in 0...255 {
                #expect(pattern.matches([UInt8(byte)]) == (low...high ~= byte), "\(low)-\(high) \(byte)")
            }
        }
    }

    /// With a match that goes back to every star, one of these takes longer than anybody lives.
    @Test("A pattern of many stars ends, and soon")
    func manyStars() {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 2000)
        let stars = (0..<500).flatMap { _ in Array("a*".utf8) }
        #expect(!GlobPattern(stars + Array("b".utf8)).matches(text))
        #expect(GlobPattern(stars).matches(text))
    }

    @Test("As a match that tries everything, on random patterns of few letters")
    func reference() {
        var (state, matched) = (UInt64(7), 0)
        for _ in 0..<20_000 {
            let pattern = randomText("ab*?[]^-\\", atMost: 9, &state)
            let text = randomText("ab]-^", atMost: 6, &state)
            let expected = takesAll(pattern[...], text[...])
            if GlobPattern(pattern).matches(text) != expected { Issue.record("\(pattern) \(text)") }
            if expected { matched += 1 }
        }
        #expect(matched > 500)
    }
}

private func randomText(_ letters: String, atMost count: Int, _ state: inout UInt64) -> [UInt8] {
    let letters = Array(letters.utf8)
    func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
    return (0..<below(count + 1)).map { _ in letters[below(letters.count)] }
}

/// The rules one after the other, with no regard to time.
private func takesAll(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    switch first {
    case UInt8(ascii: "*"): return (0...text.count).contains { takesAll(rest, text.dropFirst($0)) }
    case UInt8(ascii: "["):
        guard let byte = text.first else { return false }
        let (takes, after) = bracket(rest, byte)
        return takes && takesAll(after, text.dropFirst())
    case UInt8(ascii: "?"): return !text.isEmpty && takesAll(rest, text.dropFirst())
    case UInt8(ascii: "\\") where !rest.isEmpty:
        return rest.first == text.first && takesAll(rest.dropFirst(), text.dropFirst())
    default: return first == text.first && takesAll(rest, text.dropFirst())
    }
}

/// Whether what stands behind the bracket takes the byte, and what comes after it.
private func bracket(_ pattern: ArraySlice<UInt8>, _ byte: UInt8) -> (Bool, ArraySlice<UInt8>) {
    var (rest, takes) = (pattern, false)
    let isNegated = rest.first == UInt8(ascii: "^")
    if isNegated { rest.removeFirst() }
    while let first = rest.popFirst(), first != UInt8(ascii: "]") {
        if first == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
            if escaped == byte { takes = true }
        } else if rest.count >= 2, rest.first == UInt8(ascii: "-"), let last = rest.dropFirst().first {
            if min(first, last)...max(first, last) ~= byte { takes = true }
            rest = rest.dropFirst(2)
        } else if first == byte {
            takes = true
        }
    }
    return (takes != isNegated, rest)
}
