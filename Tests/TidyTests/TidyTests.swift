import Testing

/// The house rules that the compiler and swift-format do not know.
@Suite("The tree is tidy")
struct TreeTests {
    private static let violations: [Rule: [Violation]] = {
        let repository = Repository.current
        let found = repository.files.flatMap { allViolations(in: $0, of: repository) }
        return Dictionary(grouping: found, by: \.rule)
    }()

    @Test("Rule", arguments: Rule.allCases)
    func rule(_ rule: Rule) {
        for violation in Self.violations[rule] ?? [] where !exceptions.contains(where: { $0.covers(violation) }) {
            Issue.record("\(violation)")
        }
    }

    @Test("Every exception has a reason and still applies")
    func exceptionsApply() {
        for exception in exceptions {
            #expect(!exception.reason.isEmpty, "\(exception.path), \(exception.subject): no reason")
            let isNeeded = Self.violations[exception.rule]?.contains { exception.covers($0) } ?? false
            #expect(isNeeded, "\(exception.path), \(exception.subject): covers nothing any more, take it out")
        }
    }

    /// A wrong root would find nothing wrong.
    @Test("The walk sees the whole tree and nothing that was built")
    func walk() {
        let paths = Set(Repository.current.files.map(\.path))
        let expected = [
            "Package.swift", "Makefile", "README.md", "CHANGELOG.md", ".ci/run", "Sources/RoostModel/Limits.swift",
            "Sources/CRoost/croost.c", "scripts/install", "docs/GUARANTEES.md", "Tests/TidyTests/TidyTests.swift",
        ]
        #expect(expected.filter { !paths.contains($0) } == [])
        #expect(paths.filter { $0.hasPrefix(".build") || $0.hasPrefix(".git/") || $0.contains("/.build") } == [])
    }

    @Test("Every target in Sources has its wall")
    func targetsHaveWalls() {
        let targets = Set(Repository.current.files.filter { $0.language == .swift }.compactMap(\.target))
        #expect(targets.isSubset(of: WallRules.walls.keys))
    }
}

/// What all rules say about one file.
func allViolations(in file: SourceFile, of repository: Repository) -> [Violation] {
    let rules: [(SourceFile) -> [Violation]] = [
        SizeRules.functionLength, SizeRules.fileLength, SizeRules.lineLength,
        CallRules.bannedCall, CallRules.clockOrRandomness, CallRules.uncheckedSendable,
        WallRules.importAcrossWall, TextRules.testFileName, TextRules.openWorkMarker, TextRules.machinePath,
        DocumentRules.changelogShape,
    ]
    return rules.flatMap { $0(file) } + DocumentRules.deadReference(file, in: repository)
}
