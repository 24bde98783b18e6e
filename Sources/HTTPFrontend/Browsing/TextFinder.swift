/// Finds a text in others, in time that grows with their length alone (Knuth, Morris and Pratt): both are chosen by
/// strangers.
package struct TextFinder: Sendable {
    private let text: [UInt8]
    /// For each place, how many bytes that end there are also the first ones of the text.
    private let borders: [Int]

    package init(_ text: [UInt8]) {
        self.text = text
        var borders = [Int](repeating: 0, count: text.count)
        var length = 0
        for place in text.indices.dropFirst() {
            while length > 0, text[place] != text[length] { length = borders[length - 1] }
            if text[place] == text[length] { length += 1 }
            borders[place] = length
        }
        self.borders = borders
    }

    /// An empty text is found nowhere.
    package func isFound(in bytes: [UInt8]) -> Bool {
        guard !text.isEmpty, bytes.count >= text.count else { return false }
        var length = 0
        for byte in bytes {
            while length > 0, byte != text[length] { length = borders[length - 1] }
            if byte == text[length] { length += 1 }
            if length == text.count { return true }
        }
        return false
    }
}
