package import ArgumentParser
import Foundation
package import RoostServer
import RoostStorage

package struct Dev: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Run a server for trying out: nothing has to be set up, and nothing is kept.",
        discussion: """
            Data lives in memory (a directory in /dev/shm, which is removed at the end) unless --data names a \
            directory. All options of serve can be given.

            Examples:
              roost dev
              roost dev --demo
              roost dev --data ./try-out --http 127.0.0.1:8080
            """
    )

    @OptionGroup package var options: ServeOptions
    @Flag(help: "Make queues with data to look at, and keep some of it moving.")
    package var demo = false

    package init() {}

    package func run() async throws {
        let console = Console.current
        var flags = options.given
        var scratch: String?
        let isGiven = flags["data"] != nil || !(console.environment["ROOST_DATA"] ?? "").isEmpty
        if !isGiven {
            let path = try ScratchDirectory.make()
            scratch = path
            flags["data"] = [path]
        }
        defer { scratch.map(ScratchDirectory.remove) }
        try await serve(flags, isKept: isGiven, console)
    }

    private func serve(_ flags: [String: [String]], isKept: Bool, _ console: Console) async throws {
        let loaded = try Serve.load(flags, console.environment)
        try checkDemo(loaded.configuration)
        var traffic: Task<Void, Never>?
        defer { traffic?.cancel() }
        try await Serve.run(loaded) { endpoints in
            console.out(Self.banner(endpoints, loaded.configuration, isKept: isKept))
            if demo, let http = endpoints.http { traffic = DemoTraffic.start(at: http, console) }
        }
    }

    private func checkDemo(_ configuration: ServerConfiguration) throws(CommandError) {
        guard demo else { return }
        if configuration.http == nil { throw CommandError(.usage, "--demo needs the HTTP port, and --http is off") }
        if configuration.hasAdminToken || configuration.usesTLS(.http) || configuration.isReadOnly {
            throw CommandError(.usage, "--demo fills a server that is open: not one with a token, TLS or read-only")
        }
    }

    package static func banner(
        _ endpoints: RoostServer.Endpoints, _ configuration: ServerConfiguration, isKept: Bool
    ) -> String {
        let text = Banner.text(endpoints, configuration)
        return isKept ? text : text + "Everything is gone when this ends (Ctrl-C). Keep it with: roost dev --data DIR\n"
    }
}
