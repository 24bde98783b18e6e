import HTTPFrontend
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import RoostModel
import Testing

/// Burials and moves in the JSON API.
@Suite struct MoveRouteTests {
    private struct Messages: Decodable {
        struct Message: Decodable {
            var id: String
            var handle: String?
        }
        var messages: [Message]
    }

    private func lease(_ client: any TestClientProtocol, _ count: Int) async throws -> [Messages.Message] {
        for number in 1...count {
            _ = try await client.call(.post, "/api/v1/queues/aweq/messages", #"{"body":"m\#(number)"}"#)
        }
        let received = try await client.call(.post, "/api/v1/queues/aweq/receive", #"{"max":\#(count)}"#)
        return try received.decoded(Messages.self).messages
    }

    @Test func aBuriedMessageTellsWhyAndComesBackWhenKicked() async throws {
        let server = try TestServer()
        try await server.test { client in
            let handles = try await lease(client, 2).compactMap(\.handle)
            let list = handles.map { "\"\($0)\"" }.joined(separator: ",")
            let buried = try await client.call(
                .post, "/api/v1/queues/aweq/bury",
                #"{"handles":[\#(list),"no"],"reason":"bad input","error":"line 3","by":"worker-7"}"#)
            #expect(buried.text.hasPrefix(#"{"results":[{},{},{"error":"#))
            let queue = try await client.call(.get, "/api/v1/queues/aweq")
            #expect(queue.text.contains(#""in_flight":0,"delayed":0,"damaged":0,"buried":2}"#))
            let peeked = try await client.call(.get, "/api/v1/queues/aweq/messages?state=buried&limit=1")
            #expect(
                peeked.text.contains(
                    #""burial":{"reason":"bad input","error":"line 3","by":"worker-7","at_ms":1700000000000}"#))
            let kicked = try await client.call(.post, "/api/v1/queues/aweq/kick", #"{"count":1}"#)
            #expect(kicked.text == #"{"kicked":1}"#)
            let id = try await client.call(.get, "/api/v1/queues/aweq/messages?state=buried").decoded(Messages.self)
                .messages[0].id
            for isBuried in [true, false] {
                let byID = try await client.call(.post, "/api/v1/queues/aweq/kick", #"{"ids":["\#(id)","no"]}"#)
                #expect(byID.text.hasPrefix(#"{"results":[{"kicked":\#(isBuried)},{"error":"#))
            }
        }
    }

    @Test(arguments: [
        ("bury", "{}", "missing_field"), ("bury", #"{"handles":[]}"#, "invalid_field"),
        ("bury", #"{"handles":["h"],"why":"x"}"#, "unknown_field"),
        ("bury", #"{"handles":["h"],"reason":7}"#, "invalid_field"), ("kick", "{}", "missing_field"),
        ("kick", #"{"count":1,"ids":["x"]}"#, "invalid_field"), ("kick", #"{"ids":[]}"#, "invalid_field"),
        ("move", "{}", "missing_field"), ("move", #"{"ids":["no"]}"#, "invalid_field"),
        ("move", #"{"ids":[],"to":"a"}"#, "invalid_field"), ("moves", #"{"to":"a b"}"#, "invalid_queue_name"),
        ("moves", #"{"rate":"fast"}"#, "invalid_field"), ("moves", #"{"speed":1}"#, "unknown_field"),
    ])
    func bodiesThatCannotBeReadAreRefused(path: String, body: String, code: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let problem = try await client.call(.post, "/api/v1/queues/aweq/\(path)", body).problem()
            #expect(problem.code == code, "\(problem.detail)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func aMoveIsStartedListedAndCancelled() async throws {
        let server = try TestServer()
        try server.addQueue("jobs")
        try await server.test { client in
            let begin = #"{"id":1,"from":"aweq","to":"jobs","rate":5,"status":"#
            let started = try await client.call(.post, "/api/v1/queues/aweq/moves", #"{"to":"jobs","rate":5}"#)
            #expect(
                started.text == begin + #""running","failure":null,"moved":0,"to_move":0,"#
                    + #""started_at_ms":1700000000000,"finished_at_ms":null}"#)
            let again = try await client.call(.post, "/api/v1/queues/aweq/moves").problem()
            #expect(again.code == "move_is_running")
            let cancelled = try await client.call(.post, "/api/v1/moves/1/cancel")
            #expect(cancelled.text.hasPrefix(begin + #""cancelled""#))
            #expect(try await client.call(.post, "/api/v1/moves/1/cancel").problem().code == "move_is_over")
            #expect(try await client.call(.post, "/api/v1/moves/9/cancel").problem().code == "move_does_not_exist")
            #expect(try await client.call(.post, "/api/v1/moves/x/cancel").problem().code == "invalid_field")
            let back = try await client.call(.post, "/api/v1/queues/aweq/moves", #"{"to":null,"rate":null}"#)
            #expect(back.text.hasPrefix(#"{"id":2,"from":"aweq","to":null,"rate":null,"status":"running""#))
            let list = try await client.call(.get, "/api/v1/queues/aweq/moves?limit=1")
            #expect(list.text.hasPrefix(#"{"moves":[{"id":2,"#))
        }
    }

    @Test func aFailedMoveSaysWhy() async throws {
        let name = try QueueName("a")
        let task = MoveTask(
            id: 1, from: name, to: nil, rate: nil, status: .failed(.unknownOrigin), moved: 2, toMove: 3,
            startedAt: BrokerTime(milliseconds: 1), finishedAt: BrokerTime(milliseconds: 2))
        #expect(
            Response.json(JSON(task)).status == .ok
                && JSON(task)
                    == [
                        "id": .counter(1), "from": "a", "to": nil, "rate": nil, "status": "failed",
                        "failure": "unknown_origin", "moved": .count(2), "to_move": .count(3),
                        "started_at_ms": .integer(1), "finished_at_ms": .integer(2),
                    ]
        )
    }

    @Test func messagesAreMovedById() async throws {
        let server = try TestServer()
        try server.addQueue("jobs")
        try await server.test { client in
            _ = try await lease(client, 1)
            server.storage.advance(seconds: 1000)
            let id = try await client.call(.get, "/api/v1/queues/aweq/messages").decoded(Messages.self).messages[0].id
            let moved = try await client.call(.post, "/api/v1/queues/aweq/move", #"{"ids":["\#(id)"],"to":"jobs"}"#)
            #expect(moved.text == #"{"moved":1}"#)
            let there = try await client.call(.get, "/api/v1/queues/jobs/messages").decoded(Messages.self).messages
            #expect(there.map(\.id) == [id])
        }
    }
}
