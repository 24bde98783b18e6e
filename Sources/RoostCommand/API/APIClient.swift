import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOFoundationCompat
package import NIOHTTP1
import NIOSSL
import RoostServer

/// The JSON API of a server, `/api/v1` (docs/protocols/http.md).
package struct APIClient: Sendable {
    /// How long an answer may take beyond what the request itself asks to wait.
    private static let patience = TimeAmount.seconds(60)
    /// A reply holds at most 1,000 messages; more than this is not an answer of ours.
    private static let replyBytesMax = 1 << 30

    package let baseURL: URL
    private let token: String?
    private let http: HTTPClient

    /// Runs `body` with a client that keeps up to `connections` open, and closes them afterwards.
    ///
    /// - Parameter token: what the server asks for. Nil: nothing is sent.
    /// - Parameter caFile: certificates that a server with TLS is trusted by. Nil: those of the system.
    package static func with<Result>(
        _ baseURL: URL, token: String? = nil, caFile: String? = nil, connections: Int = 8,
        _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.connectionPool.retryConnectionEstablishment = false
        // The server closes a connection that is idle for 60 s; one that is taken just then would fail.
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.httpVersion = .http1Only
        if let caFile {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(caFile)
            configuration.tlsConfiguration = tls
        }
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let result = try await body(APIClient(baseURL: baseURL, token: token, http: http))
            try await http.shutdown()
            return result
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    /// Asks for one thing. `path` has the parts after `/api/v1`; they are escaped here.
    package func call(
        _ method: HTTPMethod, _ path: [String], query: [String: String] = [:], body: Data? = nil, wait: Double = 0
    ) async throws(CommandError) -> Data {
        let request = request(method, path, query, body)
        do {
            let response = try await http.execute(request, timeout: Self.patience + .milliseconds(Int64(wait * 1000)))
            let data = Data(buffer: try await response.body.collect(upTo: Self.replyBytesMax))
            guard (200..<300).contains(response.status.code) else { throw refusal(response, data) }
            return data
        } catch let error as CommandError {
            throw error
        } catch {
            throw failure(error)
        }
    }

    private func request(
        _ method: HTTPMethod, _ path: [String], _ query: [String: String], _ body: Data?
    ) -> HTTPClientRequest {
        let place = path.map(Self.escaped).joined(separator: "/")
        let pairs = query.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.escaped($0.value))" }
        let suffix = pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
        var request = HTTPClientRequest(url: "\(baseURL.absoluteString)/api/v1/\(place)\(suffix)")
        request.method = method
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "roost/\(Version.text)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: body))
        }
        return request
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}

// What went wrong, in words.
extension APIClient {
    /// An error of the server: application/problem+json (RFC 9457).
    private struct Problem: Decodable {
        var detail: String
        var code: String
    }

    private func refusal(_ response: HTTPClientResponse, _ data: Data) -> CommandError {
        let status = response.status
        let isProblem = response.headers.first(name: "content-type")?.contains("json") ?? false
        // `not_found` is a path that the server does not know: another program, or another version.
        guard isProblem, let problem = try? JSONDecoder().decode(Problem.self, from: data), problem.code != "not_found"
        else {
            return CommandError(
                .failed, "\(baseURL.absoluteString) answered \(status.code) \(status.reasonPhrase)",
                nextStep: "Is this the HTTP address of a Roost server? Set another one with --url or ROOST_URL."
            )
        }
        return Self.refusal(status: status.code, code: problem.code, detail: problem.detail)
    }

    /// A refusal of the server, of a request or of one entry of a batch.
    package static func refusal(status: UInt, code: String, detail: String) -> CommandError {
        let words = "\(Text.harmless(detail)) (\(Text.harmless(code)))"
        return CommandError(exitStatus(of: status), words, nextStep: nextStep(after: code, status))
    }

    private static func exitStatus(of status: UInt) -> ExitStatus {
        switch status {
        case 404: .notFound
        case 400..<500, 503, 507: .refused
        default: .failed
        }
    }

    /// The server names paths of its API; here stands what to type.
    private static func nextStep(after code: String, _ status: UInt) -> String? {
        switch code {
        case "queue_does_not_exist": "Create it with: roost queue create NAME. List the queues with: roost queue list"
        case "key_exists": "A list of the Redis port becomes a queue with: roost queue adopt NAME"
        case "invalid_dead_letter_target": "A queue for dead letters is made first: roost queue create NAME"
        case "move_is_running": "See it with: roost moves list QUEUE. End it with: roost moves cancel ID"
        case "missing_group": "Name one with: --group NAME"
        case "client_does_not_exist": "List the clients with: roost clients"
        case "unauthorized": "Give the token with --token-file FILE or ROOST_ADMIN_TOKEN."
        case "missing_deduplication": "Name one with: --deduplication-id ID"
        default: status == 503 ? "Try again in a moment." : nil
        }
    }

    private func failure(_ error: any Error) -> CommandError {
        let url = baseURL.absoluteString
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            return CommandError(.unreachable, "\(url) did not answer in time")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            return CommandError(.unreachable, "\(url) closed the connection before it answered")
        case is CancellationError:
            return CommandError(.failed, "interrupted")
        case _ where "\(error)".contains("CERTIFICATE_VERIFY_FAILED"):
            return CommandError(
                .unreachable, "the certificate of \(url) is not trusted",
                nextStep: "Name the certificate that it is trusted by with --ca-file FILE or ROOST_CA_FILE.")
        default:
            return CommandError(
                .unreachable, "no server answers at \(url): \(Self.reason(error))",
                nextStep: "Start one with: roost serve. Or name another one with --url or ROOST_URL."
            )
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as HTTPClientError: error.shortDescription
        default: "\(error)"
        }
    }
}
