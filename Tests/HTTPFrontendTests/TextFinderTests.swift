import HTTPFrontend
import Testing

@Suite("Finding a text")
struct TextFinderTests {
    /// The plain way, of every start.
    private func isFound(_ text: [UInt8], in bytes: [UInt8]) -> Bool {
        guard !text.isEmpty, bytes.count >= text.count else { return false }
        return (0...bytes.count - text.count).contains { Array(bytes[$0..<$0 + text.count]) == text }
    }

    @Test("It finds what the plain way finds, in all texts of few letters")
    func all() {
        let words = (0...6).flatMap { length in
            (0..<1 << length).map { bits in (0..<length).map { UInt8(bits >> $0 & 1) } }
        }
        for text in words {
            let finder = TextFinder(text)
            for bytes in words where finder.isFound(in: bytes) != isFound(text, in: bytes) {
                Issue.record("\(text) in \(bytes)")
            }
        }
    }
}
