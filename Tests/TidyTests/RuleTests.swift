import Foundation
import Testing

/// Each rule is seen to fail on a small sample, and to pass on its neighbour.
@Suite("Tidy rules")
struct RuleTests {
    private func found(
        _ text: String, at path: String = "Sources/RoostCore/Sample.swift", _ rule: (SourceFile) -> [Violation]
    ) -> [String] {
        rule(SourceFile(path: path, text: text)).map { "\($0.line) \($0.subject)" }
    }

    private func function(lines: Int) -> String {
        (["func f() {"] + Array(repeating: "    g()", count: lines - 2) + ["}"]).joined(separator: "\n")
    }

    @Test("Functions have at most 70 lines")
    func functionLength() {
        #expect(found(function(lines: 70), SizeRules.functionLength).isEmpty)
        #expect(found(function(lines: 71), SizeRules.functionLength) == ["1 f"])
    }

    @Test("Code files have at most 600 lines, documents any number")
    func fileLength() {
        let line = "// x\n"
        #expect(found(String(repeating: line, count: 600), SizeRules.fileLength).isEmpty)
        #expect(found(String(repeating: line, count: 601), SizeRules.fileLength) == ["0 Sample.swift"])
        #expect(found(String(repeating: line, count: 601), at: "a.md", SizeRules.fileLength).isEmpty)
    }

    @Test("Lines have at most 120 columns, counted in characters")
    func lineLength() {
        #expect(found(String(repeating: "ä", count: 120), SizeRules.lineLength).isEmpty)
        #expect(found("\n" + String(repeating: "a", count: 121), SizeRules.lineLength) == ["2 line"])
        #expect(found(String(repeating: "a", count: 121), at: "Makefile", SizeRules.lineLength).isEmpty)
    }

    @Test("Banned calls", arguments: ["print(1)", "try! f()", "a as! B", "Swift.fatalError(\"\")", "debugPrint(a)"])
    func bannedCall(_ line: String) {
        #expect(found(line, CallRules.bannedCall).count == 1)
        #expect(found(line, at: "Tests/RoostCoreTests/SampleTests.swift", CallRules.bannedCall).isEmpty)
        let prints = line.contains("rint(")
        #expect(found(line, at: "Sources/roost/Sample.swift", CallRules.bannedCall).isEmpty == prints)
    }

    @Test(
        "What only looks like a banned call",
        arguments: ["// print(1)", "\"try! \"", "fingerprint(1)", "table.print(1)", "func print(_ x: Int)", "a as? B"]
    )
    func harmlessCall(_ line: String) {
        #expect(found(line, CallRules.bannedCall).isEmpty)
    }

    @Test(
        "Clocks, randomness and tasks in the core",
        arguments: [
            "Date()", "ContinuousClock.now", "clock_gettime(a, b)", "Int.random(in: 0...1)", "UUID()",
            "SystemRandomNumberGenerator()", "a.shuffled()", "key.hashValue", "await f()", "Task { }",
        ]
    )
    func clockOrRandomness(_ line: String) {
        #expect(found(line, CallRules.clockOrRandomness).count == 1)
        #expect(found(line, at: "Sources/RoostServer/Sample.swift", CallRules.clockOrRandomness).isEmpty)
    }

    @Test(
        "What only looks like a clock",
        arguments: ["lastUpdate(x)", "// Date()", "MyContinuousClockwork()", "TaskQueue()"])
    func harmlessClock(_ line: String) {
        #expect(found(line, CallRules.clockOrRandomness).isEmpty)
    }

    @Test("@unchecked Sendable needs a reason directly above")
    func uncheckedSendable() {
        let line = "final class A: @unchecked Sendable {}"
        #expect(found(line, CallRules.uncheckedSendable) == ["1 @unchecked Sendable"])
        #expect(found("// Held by one thread.\n\n\(line)", CallRules.uncheckedSendable) == ["3 @unchecked Sendable"])
        #expect(found("// Held by one thread.\n\(line)", CallRules.uncheckedSendable).isEmpty)
        #expect(
            found("// Held by one thread.\n@frozen\nclass A: B,\n  @unchecked Sendable {}", CallRules.uncheckedSendable)
                .isEmpty)
        #expect(found("nonisolated(unsafe) var a = 1", CallRules.uncheckedSendable) == ["1 nonisolated(unsafe)"])
    }

    @Test(
        "Imports across the walls",
        arguments: [
            ("RoostModel", "import Foundation"), ("RoostCore", "package import RoostLog"),
            ("RoostCore", "import Glibc"),
            ("RoostLog", "import struct NIOCore.ByteBuffer"), ("RoostLog", "import Glibc"),
            ("SQSFrontend", "@preconcurrency import RoostLocalStorage"), ("SQSFrontend", "import HTTPFrontend"),
            ("HTTPFrontend", "import SQSFrontend"), ("RoostLocalStorage", "import NIOCore"),
            ("Cellar", "import RoostModel"),
        ]
    )
    func importAcrossWall(_ target: String, _ line: String) {
        #expect(found(line, at: "Sources/\(target)/Sample.swift", WallRules.importAcrossWall).count == 1)
    }

    @Test(
        "Imports that the walls allow",
        arguments: [
            ("RoostCore", "Sample", "package import RoostModel"), ("RoostLog", "FileDisk", "import Glibc"),
            ("SQSFrontend", "Sample", "internal import NIOHTTP1"), ("RoostServer", "Sample", "import RoostLog"),
            ("RoostCore", "Sample", "// import Foundation"), ("RoostCore", "Sample", "let important = 1"),
        ]
    )
    func allowedImport(_ target: String, _ name: String, _ line: String) {
        #expect(found(line, at: "Sources/\(target)/\(name).swift", WallRules.importAcrossWall).isEmpty)
    }

    @Test("@testable is not used")
    func testable() {
        let path = "Tests/RoostCoreTests/SampleTests.swift"
        #expect(found("@testable import RoostCore", at: path, WallRules.importAcrossWall) == ["1 RoostCore"])
        #expect(found("import RoostCore", at: path, WallRules.importAcrossWall).isEmpty)
    }

    @Test("Files with tests, and only they, are named so")
    func testFileName() {
        let test = "@Test func f() {}"
        #expect(found(test, at: "Tests/A/Sample.swift", TextRules.testFileName) == ["0 Sample.swift"])
        #expect(found("let a = 1", at: "Tests/A/SampleTests.swift", TextRules.testFileName) == ["0 SampleTests.swift"])
        #expect(found(test, at: "Tests/A/SampleTests.swift", TextRules.testFileName).isEmpty)
        #expect(found("// @Test", at: "Tests/A/Sample.swift", TextRules.testFileName).isEmpty)
    }

    @Test("Markers of open work")
    func openWorkMarker() {
        let marker = "TO" + "DO"
        #expect(found("// \(marker): later", TextRules.openWorkMarker) == ["1 \(marker)"])
        #expect(found("a\n- \(marker)", at: "README.md", TextRules.openWorkMarker) == ["2 \(marker)"])
        #expect(
            found("mktemp -d \(String(repeating: "X", count: 6)); MY\(marker); todo", TextRules.openWorkMarker).isEmpty)
    }

    @Test("Paths of one machine")
    func machinePath() {
        let path = "/ho" + "me/me/x"
        #expect(found("cd \(path)", at: "Makefile", TextRules.machinePath).count == 1)
        #expect(found("https://example.com\(path) $(A)\(path) ./\(path.dropFirst())", TextRules.machinePath).isEmpty)
    }
}

@Suite("Documents")
struct DocumentRuleTests {
    private static let good = """
        # Changelog

        ## [Unreleased]

        ### Added

        - A thing.

        ## [0.2.0] - 2026-12-01

        ### Fixed

        - Another.

        ## [0.1.0] - 2026-11-01
        """

    private func complaints(_ text: String) -> [String] {
        DocumentRules.changelogShape(SourceFile(path: "CHANGELOG.md", text: text)).map(\.message)
    }

    @Test("A changelog in shape")
    func goodChangelog() {
        #expect(complaints(Self.good) == [])
    }

    @Test(
        "A changelog out of shape",
        arguments: [
            ("# Changelog", "# Changes"), ("## [Unreleased]", "## Unreleased"), ("### Added", "### New"),
            ("- A thing.", "A thing."), ("0.2.0", "0.1"), ("0.2.0", "0.0.9"), ("2026-12-01", "December"),
            ("- A thing.", "- A thing.\n\n### Added\n\n- More."),
        ]
    )
    func badChangelog(_ old: String, _ new: String) {
        #expect(complaints(Self.good.replacingOccurrences(of: old, with: new)).count == 1)
    }

    @Test("References that lead nowhere")
    func deadReference() {
        let text =
            "[a](../Makefile) [b](gone.md#x) [c](https://x.y) `Tests/None` `scripts/install all` `docs/*.md` `x/y`"
        let found = DocumentRules.deadReference(SourceFile(path: "docs/a.md", text: text), in: .current)
        #expect(found.map(\.subject) == ["gone.md", "Tests/None"])
    }
}
