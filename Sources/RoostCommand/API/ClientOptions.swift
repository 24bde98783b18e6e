package import ArgumentParser
package import Foundation
import NIOHTTP1

/// What every command has that talks to a server.
package struct ClientOptions: ParsableArguments {
    package static let defaultURL = "http://127.0.0.1:9325"

    @Option(
        help: ArgumentHelp("HTTP address of the server.", discussion: "ROOST_URL, or \(defaultURL).", valueName: "url"))
    package var url: String?

    @Option(
        help: ArgumentHelp(
            "File whose first line is the admin token of the server. Or the token itself in ROOST_ADMIN_TOKEN.",
            valueName: "file"))
    package var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Certificates in PEM that a server with TLS is trusted by. ROOST_CA_FILE.", valueName: "file"))
    package var caFile: String?

    @Flag(help: "Write one JSON document to stdout.")
    package var json = false

    package init() {}

    /// Runs `body` with a client of the server that is meant.
    package func withClient<Result>(
        connections: Int = 8, _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        let environment = Console.current.environment
        return try await APIClient.with(
            try baseURL(environment), token: try token(environment),
            caFile: caFile ?? given("ROOST_CA_FILE", environment), connections: connections, body)
    }

    /// Nil: the server asks for none.
    private func token(_ environment: [String: String]) throws(CommandError) -> String? {
        guard let path = tokenFile else { return given("ROOST_ADMIN_TOKEN", environment) }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(whereSeparator: \.isNewline).first
        else { throw CommandError(.usage, "--token-file \(Text.harmless(path)) cannot be read, or is empty") }
        return String(line)
    }

    private func given(_ variable: String, _ environment: [String: String]) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
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
