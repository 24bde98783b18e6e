/// What code of ours must not call.
enum CallRules {
    /// Ends the process, or hides that it may end. `precondition` is the way to state an invariant.
    private static let traps = ["try!", "as!", "fatalError("]
    /// Libraries log; only the command line prints.
    private static let output = ["print(", "debugPrint("]
    private static let targetsThatPrint: Set<String> = ["roost", "RoostCommand"]

    /// Targets whose result may depend on their arguments alone: replay has to come to the same state as the first run.
    private static let deterministicTargets: Set<String> = ["RoostModel", "RoostCore", "RoostLog"]
    private static let clocks = [
        "Date(", "ContinuousClock", "SuspendingClock", "DispatchTime", "clock_gettime(", "gettimeofday(", "time(nil)",
    ]
    private static let randomness = [
        ".random(", ".randomElement(", ".shuffle(", ".shuffled(", "SystemRandomNumberGenerator", "UUID(",
        "getrandom(", "getentropy(", "arc4random", ".hashValue", "Hasher(",
    ]
    /// The order in which tasks run is not an argument either.
    private static let concurrency = ["async", "await", "Task"]

    static func bannedCall(_ file: SourceFile) -> [Violation] {
        guard file.language == .swift, let target = file.target else { return [] }
        let words = targetsThatPrint.contains(target) ? traps : traps + output
        return find(words, in: file, .bannedCall) { "\($0) is not allowed in \(target)" }
    }

    static func clockOrRandomness(_ file: SourceFile) -> [Violation] {
        guard file.language == .swift, let target = file.target, deterministicTargets.contains(target) else {
            return []
        }
        let words = clocks + randomness + (target == "RoostCore" ? concurrency : [])
        return find(words, in: file, .clockOrRandomness) {
            "\($0) in \(target): time and randomness come in as arguments"
        }
    }

    /// What the compiler no longer checks needs a proof in words, in the comment directly above the declaration.
    static func uncheckedSendable(_ file: SourceFile) -> [Violation] {
        guard file.language == .swift else { return [] }
        return ["@unchecked Sendable", "nonisolated(unsafe)"].flatMap { word in
            file.codeLines.indices.filter { file.codeLines[$0].contains(word) && !isExplained($0, in: file) }.map {
                Violation(
                    rule: .uncheckedSendable, path: file.path, line: $0 + 1, subject: word,
                    message: "\(word) without a comment directly above that says why it holds"
                )
            }
        }
    }

    private static func isExplained(_ line: Int, in file: SourceFile) -> Bool {
        let isDeclaration = { (index: Int) in
            ["class", "struct", "enum", "extension", "var", "let"].contains { calls($0, in: file.codeLines[index]) }
        }
        // The words may stand some lines below their declaration, and attributes above it.
        let declaration = (0...line).last(where: isDeclaration) ?? line
        let above = file.lines[..<declaration].map { $0.drop { $0 == " " } }.last { !$0.hasPrefix("@") }
        return above?.hasPrefix("//") ?? false
    }

    private static func find(
        _ words: [String], in file: SourceFile, _ rule: Rule, message: (String) -> String
    ) -> [Violation] {
        file.codeLines.enumerated().flatMap { index, line in
            words.filter { calls($0, in: line) }.map {
                Violation(rule: rule, path: file.path, line: index + 1, subject: $0, message: message($0))
            }
        }
    }

    /// Whether `word` stands in the line by itself: not as the end or the start of a longer name, not as a member of
    /// something else, not where it is declared.
    static func calls(_ word: String, in line: String) -> Bool {
        let line = Array(line.utf8)
        let word = Array(word.utf8)
        guard line.count >= word.count else { return false }
        return (0...(line.count - word.count)).contains { start in
            let end = start + word.count
            guard line[start..<end].elementsEqual(word) else { return false }
            let goesOn = isIdentifier(word[word.count - 1]) && end < line.count && isIdentifier(line[end])
            return !goesOn && (word[0] == UInt8(ascii: ".") || isCallee(line[..<start]))
        }
    }

    private static func isCallee(_ before: ArraySlice<UInt8>) -> Bool {
        guard let last = before.last else { return true }
        if last == UInt8(ascii: ".") {
            let owner = before.dropLast().reversed().prefix(while: isIdentifier)
            return ["Swift", "Foundation", "Glibc"].contains(String(decoding: owner.reversed(), as: UTF8.self))
        }
        return !isIdentifier(last) && !before.suffix(5).elementsEqual("func ".utf8)
    }
}
