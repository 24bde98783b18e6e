package import ArgumentParser
import RoostServer

package struct Serve: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Run a server.",
        discussion: """
            Every option can also be set as an environment variable (--max-message-bytes is ROOST_MAX_MESSAGE_BYTES) \
            and in a YAML file (max-message-bytes: 4MiB). Flags win over variables, variables over the file.

            Examples:
              roost serve
              roost serve --data /var/lib/roost --sqs 127.0.0.1:9324 --http off
              roost serve --config roost.yaml --print-config
            """
    )

    @OptionGroup package var options: ServeOptions

    @Flag(help: "Write the effective configuration and where each value was set, and end.")
    package var printConfig = false

    @Flag(help: "With --print-config: write it as a JSON document.")
    package var json = false

    package init() {}

    package func validate() throws {
        if json, !printConfig { throw ValidationError("--json goes with --print-config.") }
    }

    package func run() async throws {
        let console = Console.current
        let loaded = try Self.load(options.given, console.environment)
        if printConfig {
            console.out(try EffectiveConfiguration.rendered(loaded, json: json, style: console.outStyle))
            return
        }
        try await Self.run(loaded) { console.out(Banner.text($0, loaded.configuration)) }
    }

    static func run(_ loaded: LoadedConfiguration, onReady: (RoostServer.Endpoints) -> Void) async throws {
        do {
            try await RoostServer.run(loaded.configuration, warnings: loaded.warnings, onReady: onReady)
        } catch let error as ConfigurationError {
            throw CommandError(.configuration, "the server cannot start with this configuration:\n\(error)")
        } catch let error as EngineSizeError {
            throw CommandError(.configuration, "the server cannot start here: \(error)")
        } catch {
            throw CommandError(.failed, "the server stopped: \(error)")
        }
    }

    static func load(
        _ flags: [String: [String]], _ environment: [String: String]
    ) throws(CommandError) -> LoadedConfiguration {
        do {
            return try LoadedConfiguration(flags: flags, environment: environment)
        } catch {
            throw CommandError(
                .configuration, "the server cannot start with this configuration:\n\(error)",
                nextStep: "See where each value comes from with: roost serve --print-config, and all options with: "
                    + "roost serve --help"
            )
        }
    }
}
