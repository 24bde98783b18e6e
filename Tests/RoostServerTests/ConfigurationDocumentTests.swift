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

    @Test func theExamplesCanBeLoaded() throws {
        let examples = try document(Self.path).split(separator: "```yaml\n").dropFirst().map {
            $0.split(separator: "```")[0]
        }
        let queueCounts = [0, 3, 2]
        #expect(examples.count == queueCounts.count)
        for (example, queueCount) in zip(examples, queueCounts) {
            try withFile(String(example)) { (path) throws in
                let loaded = try load(["config": [path]])
                #expect(loaded.configuration.queues.count == queueCount)
                #expect(loaded.values.contains { $0.source.kind == "file" } == (queueCount == 0))
            }
        }
    }
}
