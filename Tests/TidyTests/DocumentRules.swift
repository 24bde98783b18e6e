/// The shape of the changelog, and references in documents that lead nowhere.
enum DocumentRules {
    private static let changeKinds: Set<String> = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]

    /// Keep a Changelog 1.1: `# Changelog`, `## [Unreleased]` first, then versions with dates, newest first, each with
    /// lists below headings of six kinds.
    static func changelogShape(_ file: SourceFile) -> [Violation] {
        guard file.path == "CHANGELOG.md" else { return [] }
        var complaints: [(Int, String)] = []
        if file.lines.first != "# Changelog" { complaints.append((1, "the first line must be # Changelog")) }
        let sections = file.lines.enumerated().filter { $1.hasPrefix("## ") }
        if sections.first?.element != "## [Unreleased]" {
            complaints.append(((sections.first?.offset ?? 0) + 1, "the first section must be ## [Unreleased]"))
        }
        let versions = sections.dropFirst().map { ($0.offset + 1, Version(heading: $0.element)) }
        for case (let line, nil) in versions { complaints.append((line, "not ## [1.2.3] - 2026-01-31")) }
        for (newer, older) in zip(versions, versions.dropFirst()) {
            guard let left = newer.1, let right = older.1, left <= right else { continue }
            complaints.append((older.0, "versions must stand newest first"))
        }
        complaints += changeListComplaints(file.lines)
        return complaints.map {
            Violation(rule: .changelogShape, path: file.path, line: $0, subject: "changelog", message: $1)
        }
    }

    private static func changeListComplaints(_ lines: [String]) -> [(Int, String)] {
        var complaints: [(Int, String)] = []
        var seen: Set<String> = []
        for (index, line) in lines.enumerated() {
            if line.hasPrefix("## ") { seen = [] }
            guard line.hasPrefix("### ") else { continue }
            let kind = String(line.dropFirst(4))
            if !changeKinds.contains(kind) { complaints.append((index + 1, "\(kind) is no kind of change")) }
            if !seen.insert(kind).inserted { complaints.append((index + 1, "\(kind) stands twice in one version")) }
            if lines[(index + 1)...].first(where: { !$0.isEmpty })?.hasPrefix("- ") != true {
                complaints.append((index + 1, "\(kind) has no list"))
            }
        }
        return complaints
    }

    /// Relative links, and paths in code spans that begin with a folder of ours, have to exist.
    static func deadReference(_ file: SourceFile, in repository: Repository) -> [Violation] {
        guard file.language == .markdown else { return [] }
        let folder = file.path.split(separator: "/").dropLast().joined(separator: "/")
        return file.lines.enumerated().flatMap { index, line in
            let links = linkTargets(in: line).map { ($0, normalized(folder + "/" + $0)) }
            let spans = codeSpans(in: line).compactMap(ownPath).map { ($0, $0) }
            return (links + spans).filter { !repository.contains($1) }.map { name, _ in
                Violation(
                    rule: .deadReference, path: file.path, line: index + 1, subject: name,
                    message: "\(name) does not exist"
                )
            }
        }
    }

    /// Targets of `[text](target)` without those on the web, and without the part after `#`.
    static func linkTargets(in line: String) -> [String] {
        line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
            let target = rest.prefix { $0 != ")" && $0 != "#" }
            return target.isEmpty || target.contains(":") ? nil : String(target)
        }
    }

    private static func codeSpans(in line: String) -> [String] {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }

    /// The path that a code span names, unless it is a pattern.
    private static func ownPath(_ span: String) -> String? {
        let word = String(span.prefix { $0 != " " })
        let isOurs = ["Sources/", "Tests/", "scripts/", "docs/", "Benchmarks/", ".ci/"].contains { word.hasPrefix($0) }
        return isOurs && !word.contains { "*<{".contains($0) } && !word.contains("NNNN") ? word : nil
    }

    private static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// The heading of a released version.
    private struct Version: Comparable {
        let numbers: [Int]

        init?(heading: String) {
            guard let match = heading.wholeMatch(of: #/## \[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d/#) else {
                return nil
            }
            numbers = [match.output.1, match.output.2, match.output.3].compactMap { Int($0) }
        }

        static func < (left: Self, right: Self) -> Bool { left.numbers.lexicographicallyPrecedes(right.numbers) }
    }
}
