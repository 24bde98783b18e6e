package import ArgumentParser
import Foundation
import RoostServer

/// The command line. Each command has a file of its own under Commands.
package struct Roost: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "roost",
        abstract: "A durable message broker in one binary.",
        discussion: """
            Start a server, and send a first message from another terminal:

              roost serve
              roost queue create orders
              roost send orders 'hello'
              roost receive orders --delete

            Commands that talk to a server find it with --url or ROOST_URL. Data goes to stdout, all else to stderr; \
            --json writes one JSON document. docs/cli.md lists the exit codes.
            """,
        version: "roost \(Version.text)",
        subcommands: [
            Serve.self, Stats.self, Clients.self, Queue.self, Send.self, Receive.self, Delete.self, Release.self,
            Extend.self, Peek.self, Bury.self, Kick.self, Move.self, Moves.self, DLQ.self, Publish.self, Top.self,
            Check.self, Doctor.self, Dev.self, Bench.self, Simulate.self,
        ]
    )

    package init() {}

    /// Runs the command that the arguments name and ends the process with its exit status.
    package static func runAndExit() async -> Never {
        do {
            try await run(Array(CommandLine.arguments.dropFirst()))
            Foundation.exit(ExitStatus.ok.rawValue)
        } catch let error as CommandError {
            Console.current.error(error.text)
            Foundation.exit(error.status.rawValue)
        } catch {
            if Check.isMeant(by: CommandLine.arguments), exitCode(for: error) == .validationFailure {
                Console.current.out("\(CheckState.unknown.word) - \(Text.singleLine(message(for: error)))\n")
                Foundation.exit(CheckState.unknown.rawValue)
            }
            exit(withError: error)
        }
    }

    /// Runs the command that the arguments name.
    package static func run(_ arguments: [String]) async throws {
        var command = try parseAsRoot(arguments)
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    }
}
