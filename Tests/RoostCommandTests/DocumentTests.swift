import ArgumentParser
import Foundation
import RoostCommand
import RoostServer
import Testing

/// docs/cli.md says what the code does.
@Suite struct DocumentTests {
    private func document() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/cli.md"), encoding: .utf8)
    }

    @Test(arguments: RoostCommand.ExitStatus.allCases)
    func everyExitStatusHasItsRow(_ status: RoostCommand.ExitStatus) throws {
        #expect(try document().contains("| \(status.rawValue) | \(status.meaning) |"))
    }

    @Test func everyCommandAndOptionIsNamed() throws {
        let text = try document()
        func check(_ command: any ParsableCommand.Type, _ path: String) {
            let configuration = command.configuration
            let name = path.isEmpty ? "roost" : "\(path) \(configuration.commandName ?? command._commandName)"
            for child in configuration.subcommands { check(child, name) }
            guard configuration.subcommands.isEmpty else { return }
            #expect(text.contains("`\(name)"), "\(name) is missing")
            // The options of the server have a document of their own.
            let ofServer = ["roost serve", "roost dev", "roost doctor"].contains(name)
            guard name != "roost serve" else { return }
            for match in command.helpMessage(columns: 200).matches(
                of: #/^ +(?:-., )?(--[a-z-]+)/#.anchorsMatchLineEndings())
            where !(ofServer && (ServerOption.all.map(\.flag) + ["--config"]).contains(String(match.output.1))) {
                #expect(text.contains("`\(match.output.1)"), "\(match.output.1) of \(name) is missing")
            }
        }
        check(Roost.self, "")
    }
}
