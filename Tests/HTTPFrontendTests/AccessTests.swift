import Foundation
import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import Logging
import RoostModel
import RoostStorage
import Synchronization
import Testing

@Suite struct AccessTests {
    private static let token = "correct-horse-battery"
    private static let bearer: HTTPFields = [.authorization: "Bearer \(token)"]

    private func server(
        _ console: ConsoleMode = .on, isSecure: Bool = false, token: String? = token
    ) throws -> TestServer {
        try TestServer {
            $0.access = AccessConfiguration(token: token.map { AdminToken($0) }, console: console, isSecure: isSecure)
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/api/v1/queues"), (.get, "/api/v1/stats"), (.get, "/metrics"),
        (.put, "/api/v1/queues/q"), (.post, "/api/v1/queues/aweq/messages"), (.post, "/send-message"),
        (.get, "/receive-message"),
        (.get, "/get-stats"), (.get, "/no-such-path"), (.get, "/api/v1/session/x"), (.get, "/consolex"),
    ])
    func withoutTheTokenNothingIsServed(method: HTTPRequest.Method, path: String) async throws {
        let server = try server()
        try await server.test { client in
            for headers: HTTPFields in [
                [:], [.authorization: "Bearer \(Self.token)x"], [.authorization: "Basic \(Self.token)"],
                [.authorization: Self.token], [.authorization: "Bearer "], [.cookie: "roost_session=\(Self.token)"],
            ] {
                let response = try await client.call(method, path, #"{"body":"a"}"#, headers: headers)
                #expect(response.status == .unauthorized)
                #expect(response.headers[.wwwAuthenticate] == "Bearer realm=\"roost\"")
                #expect(response.text.contains(#""code":"unauthorized""#))
                #expect(!response.text.contains(Self.token))
            }
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    /// The router takes several slashes for one.
    @Test(arguments: ["//api/v1/queues", "/api//v1/stats", "//metrics", "//get-stats", "/console/..//api/v1/queues"])
    func noOtherWayLeadsPastTheToken(path: String) async throws {
        let server = try server()
        try await server.test { client in
            let response = try await client.call(.get, path)
            #expect(response.status == .unauthorized || response.status == .notFound)
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test(arguments: ["/livez", "/readyz", "/healthz", "/version", "/api/v1/session", "//livez"])
    func healthNeedsNoToken(path: String) async throws {
        try await server().test { client in
            let response = try await client.call(.get, path)
            #expect(response.status == .ok)
        }
    }

    @Test func theTokenOpensEverything() async throws {
        try await server().test { client in
            let queues = try await client.call(.get, "/api/v1/queues", headers: Self.bearer)
            #expect(queues.status == .ok)
            #expect(try await client.call(.get, "/get-stats", headers: Self.bearer).status == .ok)
            let lower: HTTPFields = [.authorization: "bearer \(Self.token)"]
            #expect(try await client.call(.get, "/metrics", headers: lower).status == .ok)
        }
    }

    @Test(arguments: [true, false])
    func aBrowserLogsInAndOut(isSecure: Bool) async throws {
        try await server(isSecure: isSecure).test { client in
            let wrong = try await client.call(.post, "/api/v1/session", #"{"token":"something else, quite long"}"#)
            #expect(wrong.status == .unauthorized && wrong.headers[.setCookie] == nil)
            let login = try await client.call(.post, "/api/v1/session", "{\"token\":\"\(Self.token)\"}")
            let cookie = try #require(login.headers[.setCookie])
            #expect(cookie.contains("; HttpOnly; SameSite=Strict") && cookie.hasSuffix("; Secure") == isSecure)
            let pair = try #require(cookie.split(separator: ";").first).description
            #expect(pair.count == "roost_session=".count + 64 && !cookie.contains(Self.token))
            let session: HTTPFields = [.cookie: "theme=dark; \(pair)"]
            #expect(try await client.call(.get, "/api/v1/queues", headers: session).status == .ok)
            #expect(
                try await client.call(.get, "/api/v1/session", headers: session).text
                    == #"{"token_required":true,"authenticated":true,"read_only":false}"#)
            let logout = try await client.call(.delete, "/api/v1/session", headers: session)
            #expect(logout.headers[.setCookie]?.contains("Max-Age=0") == true)
            #expect(try await client.call(.get, "/api/v1/queues", headers: session).status == .unauthorized)
            #expect(
                try await client.call(.get, "/api/v1/session", headers: session).text
                    == #"{"token_required":true,"authenticated":false,"read_only":false}"#)
        }
    }

    @Test func aSessionEndsAfterTwelveHours() {
        let elapsed = Mutex(Duration.zero)
        let start = ContinuousClock.now
        let sessions = Sessions { start + elapsed.withLock { $0 } }
        let (first, second) = (sessions.begin(), sessions.begin())
        #expect(first != second && sessions.name(of: first) == "1" && sessions.name(of: second) == "2")
        elapsed.withLock { $0 = .seconds(12 * 3600 - 1) }
        #expect(sessions.name(of: first) != nil)
        elapsed.withLock { $0 = .seconds(12 * 3600) }
        #expect(sessions.name(of: first) == nil)
    }

    /// The others stay: there are never more than a thousand.
    @Test func thereIsRoomForNewSessions() {
        let sessions = Sessions()
        let cookies = (0..<1001).map { _ in sessions.begin() }
        #expect(sessions.name(of: cookies[0]) == nil)
        #expect(cookies.dropFirst().allSatisfy { sessions.name(of: $0) != nil })
    }

    @Test(arguments: [
        (HTTPRequest.Method.put, "/api/v1/queues/q"), (.delete, "/api/v1/queues/aweq"),
        (.post, "/api/v1/queues/aweq/messages"), (.post, "/api/v1/queues/aweq/receive"), (.post, "/send-message"),
        (.get, "/receive-message"), (.post, "/api/v1/queues/aweq/purge"), (.patch, "/api/v1/queues/aweq"),
        (.get, "//receive-message"), (.get, "//receive-message?count=2"), (.get, "/receive-message/"),
        (.get, "///receive-message//"), (.post, "//api//v1/queues/aweq/purge"), (.post, "//send-message"),
    ])
    func readOnlyChangesNothing(method: HTTPRequest.Method, path: String) async throws {
        let server = try server(.readOnly, token: nil)
        try await server.test { client in
            let response = try await client.call(method, path, #"{"body":"a"}"#)
            #expect(response.status == .forbidden)
            #expect(response.text.contains(#""code":"read_only""#))
            #expect(server.storage.read { $0.seen.isEmpty })
            #expect(try await client.call(.get, "/api/v1/queues").status == .ok)
            #expect(try await client.call(.get, "/api/v1/session").text.contains(#""read_only":true"#))
        }
    }

    @Test func withoutAConsoleThereIsNoSuchPath() async throws {
        try await server(.off, token: nil).test { client in
            for path in ["/console", "/console/", "/console/app.js"] {
                let response = try await client.call(.get, path)
                #expect(response.status == .notFound && response.text.contains(#""code":"not_found""#))
            }
        }
    }

    @Test func withoutATokenEverybodyIsServed() async throws {
        try await server(token: nil).test { client in
            let queues = try await client.call(.get, "/api/v1/queues")
            #expect(queues.status == .ok)
            #expect(
                try await client.call(.get, "/api/v1/session").text
                    == #"{"token_required":false,"authenticated":true,"read_only":false}"#)
        }
    }
}
