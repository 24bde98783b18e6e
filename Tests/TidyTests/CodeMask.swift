/// Blanks comments and the contents of string literals, so that a search finds code only and braces can be matched.
///
/// Offsets and line breaks stay where they are. Code inside interpolations stays visible. This is not a Swift parser: a
/// bare regex literal is recognised by what stands before it.
struct CodeMask {
    private let input: [UInt8]
    private let language: SourceFile.Language
    private var output: [UInt8]
    private var at = 0

    static func masked(_ bytes: [UInt8], _ language: SourceFile.Language) -> [UInt8] {
        guard language == .swift || language == .c else { return bytes }
        var mask = CodeMask(input: bytes, language: language, output: bytes)
        mask.code(inInterpolation: false)
        return mask.output
    }

    /// Runs over code; in an interpolation up to its closing parenthesis.
    private mutating func code(inInterpolation: Bool) {
        var depth = 0
        while at < input.count {
            if skipComment() || skipLiteral() { continue }
            if input[at] == UInt8(ascii: "(") { depth += 1 }
            if input[at] == UInt8(ascii: ")") {
                if inInterpolation, depth == 0 { return }
                depth -= 1
            }
            at += 1
        }
    }

    private mutating func skipComment() -> Bool {
        if starts("//") {
            while at < input.count, input[at] != newline { blank() }
            return true
        }
        guard starts("/*") else { return false }
        blank(2)
        var depth = 1
        while at < input.count, depth > 0 {
            if starts("*/") {
                depth -= 1
                blank(2)
            } else if language == .swift, starts("/*") {
                depth += 1
                blank(2)
            } else {
                blank()
            }
        }
        return true
    }

    private mutating func skipLiteral() -> Bool {
        switch (language, input[at]) {
        case (_, quote): string(hashes: 0)
        case (.c, UInt8(ascii: "'")): cCharacter()
        case (.swift, UInt8(ascii: "#")):
            let hashes = input[at...].prefix { $0 == UInt8(ascii: "#") }.count
            switch byte(at + hashes) {
            case quote: string(hashes: hashes)
            case slash: extendedRegex(hashes: hashes)
            default: return false
            }
        case (.swift, slash):
            guard let end = bareRegexEnd() else { return false }
            at += 1
            while at < end { blank() }
            at += 1
        default: return false
        }
        return true
    }

    private mutating func string(hashes: Int) {
        at += hashes
        let quotes = startsMultiLine() ? 3 : 1
        at += quotes
        while at < input.count {
            if closes(quotes, hashes) {
                at += quotes + hashes
                return
            }
            // A literal on one line cannot go on: better to lose the rest of the line than of the file.
            if quotes == 1, input[at] == newline { return }
            if input[at] == backslash, hasHashes(hashes, from: at + 1) {
                escape(hashes)
            } else {
                blank()
            }
        }
    }

    private mutating func escape(_ hashes: Int) {
        blank(1 + hashes)
        guard language == .swift, byte(at) == UInt8(ascii: "(") else {
            blank()
            return
        }
        at += 1
        code(inInterpolation: true)
        at = min(at + 1, input.count)
    }

    private mutating func cCharacter() {
        at += 1
        while at < input.count, input[at] != UInt8(ascii: "'"), input[at] != newline {
            blank(input[at] == backslash ? 2 : 1)
        }
        at = min(at + 1, input.count)
    }

    private mutating func extendedRegex(hashes: Int) {
        at += hashes + 1
        while at < input.count, !(input[at] == slash && hasHashes(hashes, from: at + 1)) { blank() }
        at = min(at + 1 + hashes, input.count)
    }

    /// Where the bare regex that starts here ends; nil when this slash is an operator.
    private func bareRegexEnd() -> Int? {
        let before = input[..<at].last { $0 != UInt8(ascii: " ") } ?? newline
        guard Array("(,=:[{!&|?;\n".utf8).contains(before), let next = byte(at + 1),
            !Array(" \n)/=".utf8).contains(next)
        else { return nil }
        var index = at + 1
        while let current = byte(index), current != newline {
            if current == slash { return index }
            index += current == backslash ? 2 : 1
        }
        return nil
    }

    private func startsMultiLine() -> Bool {
        guard language == .swift, starts("\"\"\"") else { return false }
        return input[(at + 3)...].first { $0 != UInt8(ascii: " ") } == newline
    }

    private func closes(_ quotes: Int, _ hashes: Int) -> Bool {
        for index in at..<at + quotes where byte(index) != quote { return false }
        return hasHashes(hashes, from: at + quotes)
    }

    private func hasHashes(_ count: Int, from start: Int) -> Bool {
        for index in start..<start + count where byte(index) != UInt8(ascii: "#") { return false }
        return true
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            at + text.count <= input.count && input[at..<at + text.count].elementsEqual(text)
        }
    }

    private func byte(_ index: Int) -> UInt8? {
        index < input.count ? input[index] : nil
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where at < input.count {
            if input[at] != newline { output[at] = UInt8(ascii: " ") }
            at += 1
        }
    }
}

private let newline = UInt8(ascii: "\n")
private let quote = UInt8(ascii: "\"")
private let slash = UInt8(ascii: "/")
private let backslash = UInt8(ascii: "\\")
