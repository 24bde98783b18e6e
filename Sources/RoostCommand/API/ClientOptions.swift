package import ArgumentParser
package import Foundation
import NIOHTTP1

/// What every command has that talks to a server.
package struct ClientOptions: ParsableArguments {
    package static let defaultURL = "http://127.0.0.1:9325"

    @Option(
        help: ArgumentHelp("HTTP address of the server.", discussion: "ROOST_URL, or \(defaultURL).", valueName: "url"))
    package var url: String?

    @Flag(help: "Write one JSON document to stdout.")
    package var json = false

    package init() {}

    /// Runs `body` with a client of the server that is meant.
    package func withClient<Result>(
        connections: Int = 8, _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        try await APIClient.with(try baseURL(Console.current.environment), connections: connections, body)
    }

    /// The URL of the server without a slash at its end.
    package func baseURL(_ environment: [String: String]) throws(CommandError) -> URL {
        let fromEnvironment = environment["ROOST_URL"].flatMap { $0.isEmpty ? nil : $0 }
        let text = url ?? fromEnvironment ?? Self.defaultURL
        let origin = url != nil ? "--url" : "ROOST_URL"
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let url = URL(string: trimmed), let scheme = url.scheme, ["http", "https"].contains(scheme),
            url.host?.isEmpty == false, url.query == nil
        else {
            throw CommandError(.usage, "\(origin) \"\(text)\" is not an address. Accepted: http://HOST:PORT")
        }
        return url
    }
}
