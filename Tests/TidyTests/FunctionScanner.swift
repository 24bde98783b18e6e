/// A function, an initialiser, a computed property or a closure that stands on its own: the outermost brace block that
/// is not the body of a type. What is nested in it is shorter, so it needs no look of its own.
struct FunctionBody: Equatable {
    var name: String
    /// The line of `func`, `init`, `var` and so on, from 1.
    var firstLine: Int
    /// The line of the closing brace.
    var lastLine: Int

    var lineCount: Int { lastLine - firstLine + 1 }
}

enum FunctionScanner {
    struct UnbalancedBraces: Error { var line: Int }

    /// Every function body of a file, in order. Empty for languages without functions that we measure.
    static func bodies(in file: SourceFile) throws(UnbalancedBraces) -> [FunctionBody] {
        switch file.language {
        case .swift, .c:
            var scanner = BraceScanner(file)
            return try scanner.bodies()
        case .python: return pythonFunctions(in: file.lines)
        case .shell, .markdown, .other: return []
        }
    }

    /// By indentation: a function ends before the next line that is not indented deeper than its `def`.
    private static func pythonFunctions(in lines: [String]) -> [FunctionBody] {
        lines.indices.compactMap { start in
            let words = lines[start].split { $0 == " " || $0 == "(" }
            guard words.first == "def" || words.prefix(2) == ["async", "def"] else { return nil }
            let name = words[words.first == "def" ? 1 : 2]
            let indentation = indentation(of: lines[start])
            var last = start
            for index in lines.indices[(start + 1)...] where !lines[index].allSatisfy(\.isWhitespace) {
                let closesSignature = lines[index].drop { $0 == " " }.hasPrefix(")")
                guard self.indentation(of: lines[index]) > indentation || closesSignature else { break }
                last = index
            }
            return FunctionBody(name: String(name), firstLine: start + 1, lastLine: last + 1)
        }
    }

    private static func indentation(of line: String) -> Int { line.prefix { $0 == " " }.count }
}

/// Matches the braces of masked Swift or C.
private struct BraceScanner {
    private let code: [UInt8]
    private let language: SourceFile.Language
    /// One entry an open brace: the function that it starts, or nil for a type or anything inside a function.
    private var open: [(function: FunctionBody?, isType: Bool)] = []
    /// Where the text that may declare the next block begins.
    private var headerStart = 0
    private var line = 1
    private var found: [FunctionBody] = []

    init(_ file: SourceFile) {
        code = file.code
        language = file.language
    }

    mutating func bodies() throws(FunctionScanner.UnbalancedBraces) -> [FunctionBody] {
        for index in code.indices {
            switch code[index] {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: ";"): headerStart = index + 1
            case UInt8(ascii: "{"): openBlock(at: index)
            case UInt8(ascii: "}"): try closeBlock(at: index)
            default: break
            }
        }
        guard open.isEmpty else { throw FunctionScanner.UnbalancedBraces(line: line) }
        return found
    }

    private mutating func openBlock(at index: Int) {
        defer { headerStart = index + 1 }
        guard open.allSatisfy(\.isType) else {
            open.append((nil, false))
            return
        }
        let header = Header(code[headerStart..<index], language)
        if header.declaresType {
            open.append((nil, true))
        } else {
            let lines = code[header.start..<index].count { $0 == UInt8(ascii: "\n") }
            open.append((FunctionBody(name: header.name, firstLine: line - lines, lastLine: line), false))
        }
    }

    private mutating func closeBlock(at index: Int) throws(FunctionScanner.UnbalancedBraces) {
        guard let block = open.popLast() else { throw FunctionScanner.UnbalancedBraces(line: line) }
        headerStart = index + 1
        guard var function = block.function else { return }
        function.lastLine = line
        found.append(function)
    }
}

/// The text before an opening brace: what is declared, and where the declaration begins.
private struct Header {
    private static let functionWords: Set<String> = ["func", "init", "deinit", "subscript", "var", "let"]
    private static let statementWords: Set<String> = ["for", "if", "while", "switch", "do", "repeat", "defer"]
    private static let typeWords: Set<String> = ["struct", "class", "enum", "actor", "extension", "protocol"]

    /// Where the declaring word stands; the end of the header when there is none.
    private(set) var start: Int
    private(set) var name = "closure"
    private(set) var declaresType = false

    init(_ text: ArraySlice<UInt8>, _ language: SourceFile.Language) {
        start = text.endIndex
        if language == .c {
            readC(text)
        } else {
            readSwift(text)
        }
    }

    /// The last declaring word outside parentheses wins: `class func f()`, `let a = 1` before `func f()`.
    private mutating func readSwift(_ text: ArraySlice<UInt8>) {
        let words = Self.words(text)
        for (index, word) in words.enumerated() {
            let next = index + 1 < words.count ? words[index + 1].text : ""
            let isTypeWord = Self.typeWords.contains(word.text) && !next.isEmpty && !Self.functionWords.contains(next)
            let isStatement = Self.statementWords.contains(word.text)
            guard isTypeWord || isStatement || Self.functionWords.contains(word.text) else { continue }
            start = word.start
            declaresType = isTypeWord
            let isNameless = isStatement || word.text.hasSuffix("init") || word.text == "subscript"
            name = isNameless ? word.text : Self.name(after: word, in: text)
        }
    }

    /// In C a function is a block after a closing parenthesis; every other outer block is a type or a table.
    private mutating func readC(_ text: ArraySlice<UInt8>) {
        let trimmed = text.reversed().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        let words = Self.words(text)
        declaresType = trimmed.first != UInt8(ascii: ")") || words.contains { $0.text == "extern" }
        guard let last = words.last else { return }
        start = last.start
        name = last.text
    }

    private struct Word {
        var text: String
        var start: Int
    }

    /// Identifiers outside parentheses and brackets that do not follow a dot.
    private static func words(_ text: ArraySlice<UInt8>) -> [Word] {
        var words: [Word] = []
        var depth = 0
        var index = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
            case let byte where isIdentifier(byte):
                let end = text[index...].firstIndex { !isIdentifier($0) } ?? text.endIndex
                let followsDot = index > text.startIndex && text[index - 1] == UInt8(ascii: ".")
                if depth == 0, !followsDot {
                    words.append(Word(text: String(decoding: text[index..<end], as: UTF8.self), start: index))
                }
                index = end
                continue
            default: break
            }
            index += 1
        }
        return words
    }

    private static func name(after word: Word, in text: ArraySlice<UInt8>) -> String {
        let rest = text[(word.start + word.text.utf8.count)...].drop { $0 == UInt8(ascii: " ") }
        let stops = Array(word.text == "func" ? "({\n".utf8 : "({\n:=".utf8)
        let name = rest.prefix { !stops.contains($0) }
        return String(decoding: name, as: UTF8.self).split(separator: " ").joined(separator: " ")
    }
}

/// Whether a byte can stand in an identifier; bytes above ASCII can.
func isIdentifier(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
        true
    default: false
    }
}
