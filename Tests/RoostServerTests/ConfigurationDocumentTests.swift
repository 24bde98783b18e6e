import RoostServer
import Testing

/// docs/operating/configuration.md says what the code does.
@Suite struct ConfigurationDocumentTests {
    private static let path = "docs/operating/configuration.md"

    @Test(arguments: ServerOption.all.map(\.name))
    func everyOptionHasItsRow(_ name: String) throws {
        let option = try #require(ServerOption.named(name))
        let fallback = option.defaultText.isEmpty ? "none" : "`\(option.defaultText)`"
        let row = "| `\(option.flag)` | `\(option.environmentVariable)` | \(fallback) | \(option.accepted) |"
        #expect(try document(Self.path).contains(row), "missing in \(Self.path): \(row)")
    }

    @Test func noRowIsLeftOfAnOptionThatIsGone() throws {
        let rows = try document(Self.path).split(separator: "\n").filter { $0.hasPrefix("| `--") }
        #expect(rows.count == ServerOption.all.count)
    }

    @Test func theFileItselfIsNamed() throws {
        let text = try document(Self.path)
        #expect(text.contains("`--config FILE`"))
        #expect(text.contains("`ROOST_CONFIG`"))
    }

    @Test func theExampleCanBeLoaded() throws {
        let text = try document(Self.path)
        let start = try #require(text.firstRange(of: "```yaml\n")?.upperBound)
        let end = try #require(text[start...].firstRange(of: "```")?.lowerBound)
        try withFile(String(text[start..<end])) { (path) throws in
            let loaded = try load(["config": [path]])
            #expect(loaded.values.contains { $0.source.kind == "file" })
        }
    }
}
