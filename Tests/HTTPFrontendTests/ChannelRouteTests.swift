import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite("Channels, bindings and clients of the Redis port in the JSON API")
struct ChannelRouteTests {
    private let channels = FakeChannels([("news.b", 2), ("news.a", 1), ("jobs", 3)])

    private func server(_ console: ConsoleMode = .on) throws -> TestServer {
        try TestServer {
            $0.access = AccessConfiguration(console: console)
            $0.channels = channels
            $0.clients = FakeClients([12, 7, 9])
            $0.clock = { BrokerTime(milliseconds: 1_700_000_100_000) }
        }
    }

    @Test("Channels are listed by name, as many as are asked for")
    func list() async throws {
        try await server().test { client in
            #expect(
                try await client.call(.get, "/api/v1/channels?limit=1&contains=news").text
                    == #"{"channels":[{"channel":"news.a","subscribers":1}],"total":2,"patterns":2}"#)
            let all = try await client.call(.get, "/api/v1/channels").text
            #expect(all.hasPrefix(#"{"channels":[{"channel":"jobs","subscribers":3},{"channel":"news.a""#))
        }
    }

    @Test("While the Redis port is closed there are none")
    func closed() async throws {
        try await TestServer().test { client in
            #expect(
                try await client.call(.get, "/api/v1/channels").text == #"{"channels":[],"total":0,"patterns":0}"#)
            #expect(try await client.call(.get, "/api/v1/clients").text.hasPrefix(#"{"clients":[],"total":0,"#))
            let publish = try await client.call(.post, "/api/v1/channels/jobs/publish", #"{"message":"x"}"#)
            #expect(publish.text == #"{"receivers":0}"#)
        }
    }

    @Test("What is published goes to subscribers, and before that to the queues that are bound")
    func publish() async throws {
        let server = try server()
        try await server.test { client in
            let plain = try await client.call(.post, "/api/v1/channels/news%2Eb/publish", #"{"message":"x"}"#)
            #expect(plain.text == #"{"receivers":2}"#)
            #expect(server.storage.read { $0.seen.isEmpty }, "nothing is bound")
            server.storage.edit { state in
                state.hasBindings = true
                state.keys = { _, _ in .integer(4) }
            }
            let bound = try await client.call(.post, "/api/v1/channels/jobs/publish", #"{"message_base64":"eA=="}"#)
            #expect(bound.text == #"{"receivers":7}"#)
        }
        #expect(channels.published == ["news.b x", "jobs x"])
        guard case .keys(let request) = server.storage.read({ $0.seen.first }) else {
            Issue.record("the storage was not told")
            return
        }
        #expect(request.commands == [.publish(channel: Bytes("jobs".utf8), Bytes("x".utf8))])
    }

    @Test("What the queues that are bound refuse nobody gets")
    func refusedPublish() async throws {
        let server = try server()
        server.storage.edit { state in
            state.hasBindings = true
            state.keys = { _, _ in .failure(.refused(.outOfDiskSpace)) }
        }
        try await server.test { client in
            let refused = try await client.call(.post, "/api/v1/channels/jobs/publish", #"{"message":"x"}"#)
            #expect(try refused.problem().code == "out_of_disk_space")
        }
        #expect(channels.published.isEmpty)
    }

    @Test(
        "Messages that cannot be read are refused",
        arguments: [
            ("{}", "missing_field"), (#"{"message":"a","message_base64":"YQ=="}"#, "invalid_field"),
            (#"{"message_base64":"YQ"}"#, "invalid_field"), (#"{"text":"a"}"#, "unknown_field"), ("", "invalid_json"),
        ])
    func unreadable(body: String, code: String) async throws {
        try await server().test { client in
            let problem = try await client.call(.post, "/api/v1/channels/jobs/publish", body).problem()
            #expect(problem.code == code)
        }
        #expect(channels.published.isEmpty)
    }

    @Test("Queues are listed with the patterns that they are bound to")
    func bindings() async throws {
        let server = try server()
        let change = ChannelBinding.change(of: ["news.*", "jobs"], isBound: true)
        try server.addQueue("stored", change.applied(to: QueueSettings()))
        try await server.test { client in
            let text = try await client.call(.get, "/api/v1/bindings").text
            #expect(text.contains(#"{"pattern":"news.*","queue":"stored"}"#))
            #expect(text.contains(#"{"pattern":"jobs","queue":"stored"}"#) && !text.contains("aweq"))
        }
    }

    @Test("Clients are listed by number, and can be closed")
    func clients() async throws {
        try await server().test { client in
            let list = try await client.call(.get, "/api/v1/clients?limit=2").text
            #expect(list.hasPrefix(#"{"clients":[{"id":7,"door":"redis","address":"127.0.0.1:7","name":"worker""#))
            #expect(list.contains(#""connected_at_ms":1700000040000,"idle_seconds":5"#))
            #expect(list.contains(#""waiting_on":["jobs"]},{"id":9,"#) && list.contains(#"],"total":3,"#))
            #expect(list.hasSuffix(#""waiters":[],"waiters_total":0}"#))
            #expect(try await client.call(.delete, "/api/v1/clients/9").text == "{}")
            #expect(try await client.call(.delete, "/api/v1/clients/9").problem().code == "client_does_not_exist")
        }
    }

    @Test(
        "Parameters that cannot be are refused",
        arguments: [
            (HTTPRequest.Method.get, "/channels?limit=0", "invalid_field"),
            (.get, "/channels?limit=1001", "invalid_field"), (.get, "/channels?prefix=a", "unknown_field"),
            (.get, "/bindings?limit=1", "unknown_field"), (.get, "/clients?limit=x", "invalid_field"),
            (.get, "/clients?after=1", "unknown_field"), (.delete, "/clients/x", "invalid_field"),
            (.delete, "/clients/-1", "invalid_field"), (.post, "/channels/%4/publish", "invalid_field"),
        ])
    func refusals(method: HTTPRequest.Method, path: String, code: String) async throws {
        try await server().test { client in
            let body = method == .post ? #"{"message":"x"}"# : nil
            let problem = try await client.call(method, "/api/v1\(path)", body).problem()
            #expect(problem.code == code && problem.status == 400, "\(problem.detail)")
        }
        #expect(channels.published.isEmpty)
    }

    @Test("Where nothing may be changed nothing is published and nobody is closed")
    func readOnly() async throws {
        try await server(.readOnly).test { client in
            let publish = try await client.call(.post, "/api/v1/channels/jobs/publish", #"{"message":"x"}"#)
            #expect(try publish.problem().code == "read_only")
            #expect(try await client.call(.delete, "/api/v1/clients/9").problem().code == "read_only")
            #expect(try await client.call(.get, "/api/v1/clients").text.contains(#""total":3"#))
        }
        #expect(channels.published.isEmpty)
    }
}
