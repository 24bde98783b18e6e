import Foundation
import HTTPTypes
import HummingbirdTesting
import RoostModel
import RoostStorage
import Testing

@Suite struct MessageRouteTests {
    struct Messages: Decodable {
        struct Attribute: Decodable, Equatable {
            var type: String
            var value: String?
            var value_base64: String?
        }
        struct Message: Decodable {
            var id: String
            var handle: String?
            var state: String?
            var body: String?
            var body_base64: String?
            var attributes: [String: Attribute]
            var sent_at_ms: Int64
            var receive_count: Int
            var due_ms: Int64?
        }
        var messages: [Message]
    }

    struct Results: Decodable {
        struct Entry: Decodable {
            var id: String?
            var sent_at_ms: Int64?
            var error: ProblemDocument?
        }
        var results: [Entry]
        var failed: Int
    }

    private let path = "/api/v1/queues/jobs"

    private func server() throws -> TestServer {
        let server = try TestServer()
        try server.addQueue("jobs", QueueSettings(maximumMessageBytes: 1000))
        return server
    }

    // MARK: Sending

    @Test(arguments: [
        (#"{"body":"a","delay":1}"#, "unknown_field"), ("{}", "missing_field"), (#"{"body":1}"#, "invalid_field"),
        (#"{"body":"a","attributes":{"n":{"type":"Number","value":"x"}}}"#, "invalid_attribute"),
        ("null", "invalid_json"), ("7", "invalid_json"),
    ])
    func aRefusedBatchSaysWhichMessageItIsAbout(entry: String, code: String) async throws {
        let server = try server()
        try await server.test { client in
            let body = #"{"messages":[{"body":"a"},{"body":"b"},\#(entry),{"body":"c"}]}"#
            let problem = try await client.call(.post, "\(path)/messages", body).problem()
            #expect(problem.code == code && problem.detail.hasPrefix("messages[2]"), "\(problem)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    /// The rule of SQS, so that SQS clients can read what they receive.
    @Test(arguments: [
        ("7", true), ("-1.5e10", true), ("+.5", true), ("1.", true), ("abc", false), ("1 ", false), ("0x10", false),
        ("1e", false), (".", false), ("٣", false), ("NaN", false),
    ])
    func anAttributeOfTheTypeNumberIsANumber(value: String, isNumber: Bool) async throws {
        try await server().test { client in
            for type in ["Number", "Number.int"] {
                let body = #"{"body":"a","attributes":{"n":{"type":"\#(type)","value":"\#(value)"}}}"#
                let response = try await client.call(.post, "\(path)/messages", body)
                #expect(response.status == (isNumber ? .ok : .badRequest))
                if !isNumber { #expect(try response.problem().code == "invalid_attribute") }
            }
        }
    }

    /// A body that cannot be read any more is told apart from an empty one by the state.
    @Test func damagedMessagesAreShownAndRemovedById() async throws {
        let server = try TestServer()
        try await server.test { client in
            _ = try await client.call(.post, "/api/v1/queues/aweq/messages", #"{"body":"lost"}"#)
            let name = try QueueName("aweq")
            server.storage.edit { state in
                let messages = state.queues[name]?.ready ?? []
                state.queues[name]?.damaged = messages
                state.queues[name]?.ready = []
            }
            let peeked = try await client.call(.get, "/api/v1/queues/aweq/messages?state=damaged").text
            #expect(peeked.contains(#""state":"damaged","body":"""#))
            #expect(!peeked.contains("lost"))
            #expect(try await client.call(.get, "/api/v1/queues/aweq").text.contains(#""damaged":1"#))
            let id = try #require(peeked.split(separator: "\"").dropFirst(5).first)
            let deleted = try await client.call(.post, "/api/v1/queues/aweq/delete", #"{"ids":["\#(id)"]}"#)
            #expect(deleted.status == .ok)
            #expect(try await client.call(.get, "/api/v1/queues/aweq").text.contains(#""damaged":0"#))
        }
    }

    @Test func aMessageGoesThroughWithItsAttributes() async throws {
        try await server().test { client in
            let body = #"""
                {"body": "h\u00e9llo \"q\"", "attributes": {"priority": {"type": "Number.int", "value": "7"},
                 "image": {"type": "Binary", "value_base64": "AAEC"}, "plain": {"value": "x"}}}
                """#
            let sent = try await client.call(.post, "\(path)/messages", body)
            #expect(sent.status == .ok)
            let list: Messages = try await client.call(.post, "\(path)/receive").decoded()
            let message = try #require(list.messages.first)
            #expect(list.messages.count == 1)
            #expect(sent.text == #"{"id":"\#(message.id)","sent_at_ms":1700000000000,"sequence":1}"#)
            #expect(message.body == #"héllo "q""#)
            #expect(message.receive_count == 1)
            #expect(message.handle.flatMap(ReceiptHandle.init) != nil)
            #expect(message.attributes["priority"] == .init(type: "Number.int", value: "7"))
            #expect(message.attributes["image"] == .init(type: "Binary", value_base64: "AAEC"))
            #expect(message.attributes["plain"] == .init(type: "String", value: "x"))
        }
    }

    @Test func bytesTravelAsBase64() async throws {
        try await server().test { client in
            _ = try await client.call(.post, "\(path)/messages", #"{"body_base64": "/wD+"}"#)
            _ = try await client.call(.post, "\(path)/messages", #"{"body_base64": "YWJj"}"#)
            let list: Messages = try await client.call(.post, "\(path)/receive", #"{"max": 2}"#).decoded()
            #expect(list.messages.map(\.body_base64) == ["/wD+", nil])
            #expect(list.messages.map(\.body) == [nil, "abc"])
        }
    }

    @Test func aDelayOfAMessageMayHaveAFraction() async throws {
        let server = try server()
        try await server.test { client in
            _ = try await client.call(.post, "\(path)/messages", #"{"body": "a", "delay_seconds": 1.25}"#)
            let list: Messages = try await client.call(.get, "\(path)/messages?state=delayed").decoded()
            #expect(list.messages.map(\.due_ms) == [1_700_000_001_250])
        }
    }

    @Test func aBatchKeepsItsOrderAndHasAResultForEachEntry() async throws {
        let server = try server()
        try await server.test { client in
            let large = String(repeating: "x", count: 1001)
            let body = #"{"messages": [{"body": "a"}, {"body": ""}, {"body": "\#(large)"}, {"body": "b"}]}"#
            let response = try await client.call(.post, "\(path)/messages", body)
            #expect(response.status == .ok)
            let results = try response.decoded(Results.self)
            #expect(results.failed == 2)
            #expect(results.results.map { $0.id == nil } == [false, true, true, false])
            let codes = results.results.map { $0.error?.code }
            #expect(codes == [nil, "message_empty", "message_too_large", nil])
            let list: Messages = try await client.call(.post, "\(path)/receive", #"{"max": 10}"#).decoded()
            #expect(list.messages.map(\.body) == ["a", "b"])
        }
    }

    @Test func aBatchOf1000IsTakenAndOneMoreIsNot() async throws {
        try await server().test { client in
            func batch(_ count: Int) -> String {
                #"{"messages": ["# + [String](repeating: #"{"body":"m"}"#, count: count).joined(separator: ",") + "]}"
            }
            let full: Results = try await client.call(.post, "\(path)/messages", batch(1000)).decoded()
            #expect(full.results.count == 1000 && full.failed == 0)
            for count in [0, 1001] {
                let problem = try await client.call(.post, "\(path)/messages", batch(count)).problem()
                #expect(problem.detail == "messages must have 1 to 1000 entries, not \(count).")
            }
        }
    }

    @Test(arguments: [
        ("", "invalid_json", "not JSON"), ("{}", "missing_field", "body (or body_base64) is needed."),
        (#"{"body": "a", "body_base64": "YQ=="}"#, "invalid_field", "exclude each other"),
        (#"{"body": 7}"#, "invalid_field", "body must be a string."),
        (#"{"body_base64": "Y"}"#, "invalid_field", "body_base64 must be base64"),
        (#"{"body": "a", "delay_second": 5}"#, "unknown_field", "delay_seconds"),
        (#"{"messages": [{"body": "a"}], "body": "b"}"#, "invalid_field", "messages excludes"),
        (#"{"messages": {"body": "a"}}"#, "invalid_field", "messages must be"),
        (#"{"messages": [{"bodi": "a"}]}"#, "unknown_field", #""bodi" is not known here"#),
        (#"{"messages": [7]}"#, "invalid_json", "must be a JSON object"),
        (#"{"body": "a", "attributes": []}"#, "invalid_json", "must be a JSON object"),
        (#"{"body": "a", "attributes": {"x": "y"}}"#, "invalid_json", "must be a JSON object"),
        (#"{"body": "a", "attributes": {"x": {"type": "Text", "value": "y"}}}"#, "invalid_attribute", "type of x"),
        (#"{"body": "a", "attributes": {"x": {"type": "String.", "value": "y"}}}"#, "invalid_attribute", "type of x"),
        (#"{"body": "a", "attributes": {"x": {"type": "String", "value": ""}}}"#, "invalid_attribute", "x needs value"),
        (#"{"body": "a", "attributes": {"x": {"type": "Binary", "value": "y"}}}"#, "invalid_attribute", "value_base64"),
        (#"{"body": "a", "attributes": {"a b": {"value": "y"}}}"#, "invalid_attribute", "An attribute name"),
        (#"{"body": "a", "attributes": {"AWS.x": {"value": "y"}}}"#, "invalid_attribute", "An attribute name"),
        (#"{"body": "a", "attributes": {"": {"value": "y"}}}"#, "invalid_attribute", "An attribute name"),
    ])
    func messagesThatCannotBeReadAreRefused(body: String, code: String, detail: String) async throws {
        let server = try server()
        try await server.test { client in
            let response = try await client.call(.post, "\(path)/messages", body)
            #expect(response.status == .badRequest)
            let problem = try response.problem()
            #expect(problem.code == code)
            #expect(problem.detail.contains(detail), "\(problem.detail)")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func elevenAttributesAreTooMany() async throws {
        try await server().test { client in
            let attributes = (1...11).map { #""a\#($0)": {"value": "y"}"# }.joined(separator: ",")
            let body = #"{"body": "a", "attributes": {\#(attributes)}}"#
            let problem = try await client.call(.post, "\(path)/messages", body).problem()
            #expect(problem.code == "invalid_attribute")
        }
    }

    /// No prefix of a request makes the server fall over or act.
    @Test func aBodyCutAnywhereIsRefused() async throws {
        let server = try server()
        let whole =
            #"{"messages": [{"body": "a\u00e9", "attributes": {"x": {"type": "Binary", "value_base64": "AAEC"}}}]}"#
        try await server.test { client in
            for length in 0..<whole.utf8.count {
                let response = try await client.call(.post, "\(path)/messages", String(whole.prefix(length)))
                #expect(response.status == .badRequest, "cut at \(length)")
            }
            let response = try await client.call(.post, "\(path)/messages", whole)
            #expect(response.status == .ok)
        }
        #expect(server.storage.read { $0.seen.count } == 1)
    }

    @Test func aLargeBodyIsRefusedWhileItIsRead() async throws {
        try await server().test { client in
            let body = String(repeating: " ", count: 1000 * 6 + 65_536 + 1)
            let response = try await client.call(.post, "\(path)/messages", body)
            #expect(response.status == .contentTooLarge)
            #expect(try response.problem().code == "body_too_large")
        }
    }

    // MARK: Receiving

    @Test func aReceiveIsWhatTheBodyAsksFor() async throws {
        let server = try server()
        try await server.test { client in
            let body = #"{"max": 7, "visibility_timeout_seconds": 0.5, "wait_seconds": 0}"#
            _ = try await client.call(.post, "\(path)/receive", body)
            let one = try await client.call(.post, "\(path)/receive", "{}")
            #expect(one.text == #"{"messages":[]}"#)
        }
        let options = server.storage.read { state in
            state.seen.compactMap { request -> ReceiveOptions? in
                guard case .receive(_, let options) = request else { return nil }
                return options
            }
        }
        let asked = ReceiveOptions(maximum: 7, visibilityTimeout: Milliseconds(500), wait: .zero)
        #expect(options == [asked, ReceiveOptions(maximum: 1)])
    }

    @Test(arguments: [
        #"{"max": 0}"#, #"{"max": 1001}"#, #"{"max": -1}"#, #"{"max": "1"}"#, #"{"max": null}"#,
        #"{"wait_seconds": -1}"#, #"{"wait_seconds": 3601}"#, #"{"wait_seconds": true}"#,
        #"{"visibility_timeout_seconds": []}"#,
    ])
    func receivesOutOfRangeAreRefused(body: String) async throws {
        let server = try server()
        try await server.test { client in
            let response = try await client.call(.post, "\(path)/receive", body)
            #expect(response.status == .badRequest)
            #expect(try response.problem().code == "invalid_field")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func aWaitingReceiveGetsTheMessageThatComes() async throws {
        let server = try server()
        let name = try QueueName("jobs")
        try await server.testLive { client in
            async let received = client.call(.post, "\(path)/receive", #"{"wait_seconds": 20}"#)
            await server.storage.wait { $0.queues[name]?.waiters.count == 1 }
            server.storage.submit(
                [Submission(token: 0, request: .send(name, NewMessage(body: Array("late".utf8))))], for: Nobody()
            )
            let list = try await received.decoded(Messages.self)
            #expect(list.messages.map(\.body) == ["late"])
        }
    }

    // MARK: Deleting, extending

    @Test func messagesAreDeletedByHandleAndById() async throws {
        let server = try server()
        try await server.test { client in
            let sent: Results = try await client.call(
                .post, "\(path)/messages", #"{"messages": [{"body":"a"},{"body":"b"},{"body":"c"}]}"#
            ).decoded()
            let list: Messages = try await client.call(.post, "\(path)/receive", #"{"max": 2}"#).decoded()
            let handles = list.messages.compactMap(\.handle)
            let body = #"{"handles": ["\#(handles[0])", "no handle", "\#(handles[1])"]}"#
            let results: Results = try await client.call(.post, "\(path)/delete", body).decoded()
            #expect(results.results.map { $0.error?.code } == [nil, "invalid_handle", nil])
            #expect(results.failed == 1)
            let id = try #require(sent.results[2].id)
            let byID = try await client.call(.post, "\(path)/delete", #"{"ids": ["\#(id)", "x", "\#(id)"]}"#)
            let entries = try byID.decoded(Results.self)
            #expect(entries.results.map { $0.error?.code } == [nil, "invalid_field", nil])
            let queue = try await client.call(.get, path)
            #expect(queue.text.contains(#""counts":{"ready":0,"in_flight":0,"delayed":0,"damaged":0,"buried":0}"#))
            #expect(queue.text.contains(#""deleted":3"#))
        }
    }

    @Test func aResultWithoutAnErrorIsAnEmptyObject() async throws {
        try await server().test { client in
            let id = "0b0f1c7e-6a4b-4d0e-9e2b-0f4bfc2d6c11"
            let response = try await client.call(.post, "\(path)/delete", #"{"ids": ["\#(id)"]}"#)
            #expect(response.text == #"{"results":[{}],"failed":0}"#)
        }
    }

    @Test func leasesAreEndedAndExtended() async throws {
        let server = try server()
        try await server.test { client in
            _ = try await client.call(.post, "\(path)/messages", #"{"messages": [{"body":"a"},{"body":"b"}]}"#)
            let list: Messages = try await client.call(.post, "\(path)/receive", #"{"max": 2}"#).decoded()
            let handles = list.messages.compactMap(\.handle)
            let body = #"{"handles": ["\#(handles[0])"], "visibility_timeout_seconds": 0}"#
            let ended: Results = try await client.call(.post, "\(path)/visibility", body).decoded()
            #expect(ended.failed == 0)
            let again: Messages = try await client.call(.post, "\(path)/receive").decoded()
            #expect(again.messages.map(\.body) == ["a"])
            #expect(again.messages.map(\.receive_count) == [2])
            let both = #"{"handles": ["\#(handles[0])", "\#(handles[1])"], "visibility_timeout_seconds": 90.5}"#
            let results: Results = try await client.call(.post, "\(path)/visibility", both).decoded()
            #expect(results.results.map { $0.error?.code } == ["message_not_available", nil])
            let peeked: Messages = try await client.call(.get, "\(path)/messages?state=in_flight").decoded()
            #expect(peeked.messages.map(\.due_ms) == [1_700_000_090_500, 1_700_000_030_000])
        }
    }

    @Test(arguments: [
        ("delete", "{}", "handles (or ids) is needed."), ("delete", #"{"handles": [], "ids": []}"#, "exclude"),
        ("delete", #"{"handles": []}"#, "1 to 1000 entries, not 0"),
        ("delete", #"{"handles": "x"}"#, "array of strings"),
        ("delete", #"{"ids": [7]}"#, "array of strings"), ("delete", #"{"keys": []}"#, "Known: handles, ids."),
        ("visibility", #"{"handles": ["x"]}"#, "visibility_timeout_seconds is needed."),
        ("visibility", #"{"visibility_timeout_seconds": 1}"#, "handles is needed."),
        ("visibility", #"{"handles": [], "visibility_timeout_seconds": 1}"#, "1 to 1000 entries, not 0"),
    ])
    func batchesThatCannotBeReadAreRefused(route: String, body: String, detail: String) async throws {
        let server = try server()
        try await server.test { client in
            let response = try await client.call(.post, "\(path)/\(route)", body)
            #expect(response.status == .badRequest)
            #expect(try response.problem().detail.contains(detail))
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    // MARK: Peeking

    @Test func peekingLooksFromBothEndsAndCountsNothing() async throws {
        let server = try server()
        try await server.test { client in
            _ = try await client.call(
                .post, "\(path)/messages", #"{"messages": [{"body":"a"},{"body":"b"},{"body":"c"}]}"#)
            let head: Messages = try await client.call(.get, "\(path)/messages?limit=2").decoded()
            #expect(head.messages.map(\.body) == ["a", "b"])
            #expect(head.messages.map(\.receive_count) == [0, 0])
            #expect(head.messages.allSatisfy { $0.state == "ready" && $0.due_ms == nil && $0.handle == nil })
            let tail: Messages = try await client.call(.get, "\(path)/messages?from=tail&limit=1").decoded()
            #expect(tail.messages.map(\.body) == ["c"])
            for query in ["state=sleeping", "from=middle", "limit=0", "limit=1001"] {
                let problem = try await client.call(.get, "\(path)/messages?\(query)").problem()
                #expect(problem.code == "invalid_field")
            }
            let unknown = try await client.call(.get, "\(path)/messages?stat=ready").problem()
            #expect(unknown.code == "unknown_field")
        }
    }
}

/// Takes results that nobody waits for.
final class Nobody: CompletionReceiver {
    func receive(_ completions: [Completion]) {}
}
