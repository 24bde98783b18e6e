/// What must not stand in any file, and how test files are called.
enum TextRules {
    // Put together here, so that this file does not break its own rules.
    private static let markers = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    private static let machineFolders = ["/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/"]

    /// Unfinished work belongs into the tracker, where somebody sees it.
    static func openWorkMarker(_ file: SourceFile) -> [Violation] {
        find(markers, in: file, .openWorkMarker) { line, start, end in
            !isWord(before: start, in: line) && (end == line.endIndex || !isIdentifier(line[end]))
        } message: {
            "\($0): finish it or open an issue"
        }
    }

    /// A path of somebody's machine works on that machine only.
    static func machinePath(_ file: SourceFile) -> [Violation] {
        find(machineFolders, in: file, .machinePath) { line, start, _ in
            !isWord(before: start, in: line) && (start == 0 || !Array(".})-~".utf8).contains(line[start - 1]))
        } message: {
            "\($0)... is a path of one machine"
        }
    }

    static func testFileName(_ file: SourceFile) -> [Violation] {
        guard file.language == .swift, file.path.hasPrefix("Tests/") else { return [] }
        let hasTests = file.codeLines.contains { line in
            CallRules.calls("@Test", in: line) || CallRules.calls("@Suite", in: line)
        }
        let isNamedSo = file.name.hasSuffix("Tests.swift")
        guard hasTests != isNamedSo else { return [] }
        let message = hasTests ? "has tests, so its name must end in Tests.swift" : "has no tests, but is named so"
        return [Violation(rule: .testFileName, path: file.path, line: 0, subject: file.name, message: message)]
    }

    private static func isWord(before index: Int, in line: [UInt8]) -> Bool {
        index > 0 && isIdentifier(line[index - 1])
    }

    private static func find(
        _ words: [String], in file: SourceFile, _ rule: Rule,
        where matches: ([UInt8], Int, Int) -> Bool, message: (String) -> String
    ) -> [Violation] {
        var found: [Violation] = []
        for (index, line) in file.lines.enumerated() {
            let bytes = Array(line.utf8)
            for word in words where line.contains(word) {
                let length = word.utf8.count
                let isFound = (0...max(0, bytes.count - length)).contains { start in
                    bytes[start...].starts(with: word.utf8) && matches(bytes, start, start + length)
                }
                guard isFound else { continue }
                found.append(
                    Violation(rule: rule, path: file.path, line: index + 1, subject: word, message: message(word))
                )
            }
        }
        return found
    }
}
