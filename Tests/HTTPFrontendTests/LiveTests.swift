import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import NIOCore
import RoostModel
import RoostStorage
import Testing

/// What a test waits for and does not happen is a failure after a minute.
@Suite(.timeLimit(.minutes(1))) struct LiveTests {
    private let get = "GET /receive-message HTTP/1.1\r\nHost: localhost\r\n"

    // MARK: Cross-site requests

    @Test func otherSitesAreRefused() async throws {
        let server = try TestServer()
        try await server.testLive { client in
            let evil = "https://evil.example"
            let form = HTTPFields([
                .init(name: .origin, value: evil), .init(name: .contentType, value: "text/plain"),
            ])
            let image = try HTTPFields([.init(name: #require(HTTPField.Name("Sec-Fetch-Site")), value: "cross-site")])
            var fetch = image
            fetch[.origin] = evil
            let paths: [(HTTPRequest.Method, String)] = [
                (.post, "/send-message"), (.get, "/receive-message"), (.delete, "/delete-message/x"),
                (.get, "/get-stats"), (.options, "/send-message"), (.post, "/api/v1/queues/aweq/purge"),
                (.delete, "/api/v1/queues/aweq"), (.get, "/api/v1/queues"), (.get, "/metrics"), (.get, "/livez"),
                (.get, "/nothing"),
            ]
            for (method, path) in paths {
                for headers in [form, image, fetch] {
                    let response = try await client.call(method, path, headers: headers)
                    #expect(response.status == .forbidden, "\(method) \(path)")
                    #expect(response.text.hasPrefix("Refused: a web page of another site"))
                    #expect(response.headers[.accessControlAllowOrigin] == nil)
                }
            }
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test(arguments: ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"])
    func aPageOnAnotherPortWorksOnTheAweQPathsOnly(origin: String) async throws {
        try await TestServer().testLive { client in
            let name = try #require(HTTPField.Name("Sec-Fetch-Site"))
            let headers = HTTPFields([.init(name: .origin, value: origin), .init(name: name, value: "same-site")])
            let preflight = try await client.call(.options, "/send-message", headers: headers)
            #expect(preflight.status == .ok)
            #expect(preflight.headers[.accessControlAllowOrigin] == "*")
            let sent = try await client.call(.post, "/send-message", #"{"message":"a"}"#, headers: headers)
            #expect(sent.status == .ok)
            for path in ["/api/v1/queues", "/metrics", "/livez"] {
                let response = try await client.call(.get, path, headers: headers)
                #expect(response.status == .forbidden, "\(path)")
            }
        }
    }

    @Test func withoutAweQThePathsAreNotOpenToPages() async throws {
        try await TestServer(aweq: false).testLive { client in
            let headers = HTTPFields([.init(name: .origin, value: "http://localhost:8080")])
            let response = try await client.call(.get, "/get-stats", headers: headers)
            #expect(response.status == .forbidden)
        }
    }

    @Test(arguments: [
        ("evil.example", 403), ("evil.example:9325", 403), ("localhost.evil.example", 403), ("[::1]evil", 403),
        ("localhost", 200), ("LOCALHOST:1", 200), ("127.0.0.1:9325", 200), ("[::1]:9325", 200),
    ])
    func theHostHasToBeOurs(host: String, status: Int) async throws {
        try await TestServer().testLive { client in
            let request = "GET /livez HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
            let reply = try await RawClient.exchange(request, port: client.port)
            #expect(reply.hasPrefix("HTTP/1.1 \(status) "), "\(reply)")
        }
    }

    @Test(arguments: [
        "GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nnot a field\r\n\r\n",
        "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        "*1\r\n$4\r\nPING\r\n",
    ])
    func headsThatCannotBeTrustedAreRefused(request: String) async throws {
        try await TestServer().testLive { client in
            let reply = try await RawClient.exchange(request, port: client.port)
            #expect(reply.hasPrefix("HTTP/1.1 400 "), "\(reply)")
        }
    }

    @Test func headsAreLimited() async throws {
        try await TestServer().testLive { client in
            let many = (1...65).map { "X-\($0): a\r\n" }.joined()
            let long = "X-A: " + String(repeating: "a", count: 8200) + "\r\n"
            let large = (1...3).map { "X-\($0): " + String(repeating: "a", count: 6000) + "\r\n" }.joined()
            for fields in [many, long, large] {
                let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n"
                let reply = try await RawClient.exchange(request, port: client.port)
                #expect(reply.hasPrefix("HTTP/1.1 400 "), "\(reply)")
            }
            let fitting = (1...50).map { "X-\($0): " + String(repeating: "a", count: 200) + "\r\n" }.joined()
            let request = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fitting)\r\n"
            let reply = try await RawClient.exchange(request, port: client.port)
            #expect(reply.hasPrefix("HTTP/1.1 200 "), "\(reply)")
        }
    }

    // MARK: Bodies that are not read

    @Test func aDeclaredLengthAboveTheLimitIsRefusedAtOnceAndTheConnectionClosed() async throws {
        let server = try TestServer()
        try await server.testLive { client in
            let request = "POST /send-message HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nx"
            let reply = try await RawClient.exchange(request, port: client.port)
            #expect(reply.hasPrefix("HTTP/1.1 413 "), "\(reply)")
            #expect(reply.lowercased().contains("connection: close"))
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    /// A client that dies behind its head must not have asked for what an empty body means.
    @Test(arguments: [
        "Content-Length: 40\r\n\r\n", "Content-Length: 40\r\n\r\n  ", "Transfer-Encoding: chunked\r\n\r\n",
    ])
    func aBodyCutByTheEndOfTheConnectionIsNotActedOn(rest: String) async throws {
        let server = try TestServer()
        try await server.testLive { client in
            for route in ["PUT /api/v1/queues/jobs", "POST /api/v1/queues/aweq/receive", "POST /send-message"] {
                let raw = try await RawClient.connect(port: client.port)
                try await raw.channel.executeThenClose { _, outbound in
                    try await outbound.write(ByteBuffer(string: "\(route) HTTP/1.1\r\nHost: localhost\r\n\(rest)"))
                }
            }
            for _ in 1...2 { _ = try await client.call(.get, "/livez") }
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func aRequestBehindAnUnreadBodyIsNotServed() async throws {
        let server = try TestServer()
        try await server.testLive { client in
            let refused = "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
            let reply = try await RawClient.exchange(refused + get + "\r\n", port: client.port)
            #expect(reply.hasPrefix("HTTP/1.1 404 "), "\(reply)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await TestServer().testLive { client in
            let body = #"{"message":"a"}"#
            let send =
                "POST /send-message HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            let reply = try await RawClient.exchange(
                send + get + "\r\n" + get + "Connection: close\r\n\r\n", port: client.port
            )
            let texts = ["\"key\":", "Requested batch-size available.", "No messages available in queue."]
            let places = texts.map { reply.firstRange(of: $0)?.lowerBound }
            #expect(places == places.compactMap { $0 }.sorted(), "\(reply)")
        }
    }

    // MARK: Clients that go away

    @Test func aPollOfAClientThatWentTakesNoMessage() async throws {
        let server = try TestServer()
        let name = try QueueName("aweq")
        try await server.testLive { client in
            let raw = try await RawClient.connect(port: client.port)
            try await raw.channel.executeThenClose { _, outbound in
                let body = #"{"wait_seconds":20}"#
                let request =
                    "POST /api/v1/queues/aweq/receive HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                try await outbound.write(ByteBuffer(string: request))
                await server.storage.wait { $0.queues[name]?.waiters.count == 1 }
            }
            await server.storage.wait { $0.queues[name]?.waiters.isEmpty == true }
            _ = try await client.call(.post, "/send-message", #"{"message":"a"}"#)
            let reply = try await client.call(.get, "/receive-message")
            #expect(reply.text.contains(#""retry_count":0,"message":"a""#))
        }
    }

    @Test func whatIsLeasedToAClientThatWentGoesBackAtOnce() async throws {
        let server = try TestServer()
        let name = try QueueName("aweq")
        try await server.testLive { client in
            _ = try await client.call(.post, "/send-message", #"{"message":"a"}"#)
            server.storage.edit { $0.held = [] }
            let raw = try await RawClient.connect(port: client.port)
            try await raw.channel.executeThenClose { _, outbound in
                try await outbound.write(ByteBuffer(string: get + "\r\n"))
                await server.storage.wait { $0.queues[name]?.inFlight.count == 1 }
            }
            // The close of the first connection lies before this in the socket events of the server.
            for _ in 1...2 { _ = try await client.call(.get, "/livez") }
            server.storage.release()
            await server.storage.wait { $0.queues[name]?.inFlight.isEmpty == true }
            let reply = try await client.call(.get, "/receive-message")
            #expect(reply.text.contains(#""retry_count":1,"message":"a""#))
        }
    }
}
