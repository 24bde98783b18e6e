import HTTPFrontend
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite("The OpenAPI document")
struct OpenAPITests {
    @Test("It has every route of the router, and no other", arguments: [true, false])
    func routes(aweq: Bool) throws {
        let server = try TestServer(aweq: aweq)
        // The console is a page: it is no part of the API.
        let served = server.routes.filter { !["", "/"].contains("\($0.path)") && !"\($0.path)".contains("console") }
        let routes = served.map { "\($0.method.rawValue) \($0.path.description.withBraces)" }
        let operations = OpenAPIRoute.operations(of: server.configuration).map { "\($0.method.rawValue) \($0.path)" }
        #expect(Set(routes).subtracting(operations) == [], "routes without an operation")
        #expect(Set(operations).subtracting(routes) == [], "operations without a route")
        #expect(Set(operations).count == operations.count)
    }

    @Test("Its operations have ids of their own")
    func ids() throws {
        let ids = OpenAPIRoute.operations(of: try TestServer().configuration).map(\.id)
        #expect(Set(ids).count == ids.count)
    }

    @Test("It says how to show the admin token, and where it is needed", arguments: [true, false])
    func security(needsToken: Bool) async throws {
        let server = try TestServer {
            $0.access = AccessConfiguration(token: needsToken ? AdminToken("a token of some length") : nil)
        }
        try await server.test { client in
            let text = try await client.call(.get, "/openapi.json").text
            #expect(text.contains(#""securitySchemes":{"token":{"type":"http","scheme":"bearer""#))
            #expect(text.contains(#""in":"cookie","name":"roost_session""#))
            let ways = #"{"token":[]},{"session":[]}]"#
            #expect(text.contains(needsToken ? #""security":[\#(ways)"# : #""security":[{},\#(ways)"#))
            #expect(text.ranges(of: #""security":[]"#).count == 12, "health and version (and by HEAD), session, this")
        }
    }

    @Test("Names of queues may have 80 characters, those of FIFO queues with their ending")
    func queueNames() async throws {
        try await TestServer().test { client in
            let text = try await client.call(.get, "/openapi.json").text
            #expect(text.contains(#"^([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\\.fifo)$"#))
        }
        let long = String(repeating: "a", count: 80)
        #expect((try? QueueName(long)) != nil && (try? QueueName(long + "a")) == nil)
        let fifo = { (count: Int) in try? QueueName(String(repeating: "a", count: count) + ".fifo") }
        #expect(fifo(75) != nil && fifo(76) == nil)
    }

    @Test("It is served, while the log is read too, and every schema that it names is there")
    func document() async throws {
        let server = try TestServer()
        server.storage.edit { $0.readiness = .recovering(fraction: 0.5) }
        try await server.test { client in
            let response = try await client.call(.get, "/openapi.json")
            #expect(response.status == .ok)
            let document = try response.decoded(Document.self)
            #expect(document.openapi == "3.1.0" && document.info.version == "1.2.3")
            let named = response.text.components(between: "\"#/components/schemas/", and: "\"")
            #expect(!named.isEmpty && Set(named).subtracting(document.components.schemas.keys) == [])
        }
    }
}

private struct Document: Decodable {
    struct Info: Decodable { var version: String }
    struct Components: Decodable { var schemas: [String: Anything] }
    struct Anything: Decodable {}

    var openapi: String
    var info: Info
    var components: Components
}

extension String {
    /// A path of the router as OpenAPI writes it.
    fileprivate var withBraces: String {
        split(separator: "/").map { part in
            let isName = part.hasPrefix(":") || part.hasPrefix("{")
            return isName ? "/{\(part.filter { $0.isLetter || $0 == "_" })}" : "/\(part)"
        }.joined()
    }

    fileprivate func components(between start: String, and end: Character) -> [String] {
        ranges(of: start).map { String(self[$0.upperBound...].prefix { $0 != end }) }
    }
}
