import Foundation
import RoostCommand
import Testing

/// A command, and the request that it makes.
struct CommandRequest: Sendable {
    var arguments: [String]
    var line: String
    var body: String?
    var reply = "{}"

    static let all: [CommandRequest] = [
        CommandRequest(
            arguments: ["queue", "create", "jobs"], line: "PUT /api/v1/queues/jobs", body: "{}", reply: queueJSON),
        CommandRequest(
            arguments: [
                "queue", "create", "jobs", "--visibility", "2m", "--delay", "250ms", "--retention", "unlimited",
                "--max-message-bytes", "256KiB", "--wait", "20", "--redelivery", "back", "--contents", "bytes",
            ],
            line: "PUT /api/v1/queues/jobs",
            body: """
                {"visibility_timeout_seconds":120,"delay_seconds":0.25,"retention_seconds":null,\
                "maximum_message_bytes":262144,"receive_wait_seconds":20,"redelivery":"back","contents":"bytes"}
                """,
            reply: queueJSON),
        CommandRequest(
            arguments: ["queue", "adopt", "jobs"], line: "POST /api/v1/queues/jobs/adopt",
            body: #"{"first":"head","settings":{}}"#, reply: queueJSON),
        CommandRequest(
            arguments: ["queue", "adopt", "jobs", "--first", "tail", "--contents", "bytes", "--wait", "5"],
            line: "POST /api/v1/queues/jobs/adopt",
            body: #"{"first":"tail","settings":{"receive_wait_seconds":5,"contents":"bytes"}}"#, reply: queueJSON),
        CommandRequest(
            arguments: ["queue", "list", "--prefix", "a b&c", "--limit", "5"],
            line: "GET /api/v1/queues?limit=5&prefix=a%20b%26c", reply: #"{"queues":[],"more":false,"next_after":null}"#
        ),
        CommandRequest(arguments: ["queue", "stats", "jobs"], line: "GET /api/v1/queues/jobs", reply: queueJSON),
        CommandRequest(arguments: ["queue", "stats", "a/b?c"], line: "GET /api/v1/queues/a%2Fb%3Fc", reply: queueJSON),
        CommandRequest(arguments: ["queue", "delete", "jobs", "--yes"], line: "DELETE /api/v1/queues/jobs"),
        CommandRequest(arguments: ["queue", "purge", "jobs", "-y"], line: "POST /api/v1/queues/jobs/purge"),
        CommandRequest(
            arguments: ["queue", "pause", "jobs", "--reason", "r"], line: "POST /api/v1/queues/jobs/pause",
            body: #"{"reason":"r"}"#, reply: queueJSON),
        CommandRequest(
            arguments: ["queue", "pause", "jobs"], line: "POST /api/v1/queues/jobs/pause",
            body: "{}", reply: queueJSON),
        CommandRequest(
            arguments: ["queue", "resume", "jobs"], line: "POST /api/v1/queues/jobs/resume", reply: queueJSON),
        CommandRequest(
            arguments: ["send", "jobs", "hello"], line: "POST /api/v1/queues/jobs/messages", body: #"{"body":"hello"}"#,
            reply: #"{"id":"i","sent_at_ms":1}"#),
        CommandRequest(
            arguments: [
                "send", "jobs", "hello", "--delay", "30s", "--attribute", "someName=7:Number.euro", "-a",
                "b=AAEC:Binary",
            ],
            line: "POST /api/v1/queues/jobs/messages",
            body: """
                {"body":"hello","delay_seconds":30,"attributes":{"someName":{"type":"Number.euro","value":"7"},\
                "b":{"type":"Binary","value_base64":"AAEC"}}}
                """,
            reply: #"{"id":"i","sent_at_ms":1}"#),
        CommandRequest(
            arguments: ["receive", "jobs"], line: "POST /api/v1/queues/jobs/receive", body: #"{"max":1}"#,
            reply: #"{"messages":[]}"#),
        CommandRequest(
            arguments: ["receive", "jobs", "--max", "10", "--wait", "1500ms", "--visibility", "1m"],
            line: "POST /api/v1/queues/jobs/receive",
            body: #"{"max":10,"wait_seconds":1.5,"visibility_timeout_seconds":60}"#, reply: #"{"messages":[]}"#),
        CommandRequest(
            arguments: ["delete", "jobs", "h1", "h2"], line: "POST /api/v1/queues/jobs/delete",
            body: #"{"handles":["h1","h2"]}"#, reply: #"{"results":[{},{}],"failed":0}"#),
        CommandRequest(
            arguments: ["delete", "jobs", "--id", "i1", "i2"], line: "POST /api/v1/queues/jobs/delete",
            body: #"{"ids":["i1","i2"]}"#, reply: #"{"results":[{},{}],"failed":0}"#),
        CommandRequest(
            arguments: ["release", "jobs", "h1", "h2"], line: "POST /api/v1/queues/jobs/visibility",
            body: #"{"handles":["h1","h2"],"visibility_timeout_seconds":0}"#,
            reply: #"{"results":[{},{}],"failed":0}"#),
        CommandRequest(
            arguments: ["extend", "jobs", "h1", "--visibility", "5m"], line: "POST /api/v1/queues/jobs/visibility",
            body: #"{"handles":["h1"],"visibility_timeout_seconds":300}"#, reply: #"{"results":[{}],"failed":0}"#),
        CommandRequest(
            arguments: ["publish", "a/b", "hello"], line: "POST /api/v1/channels/a%2Fb/publish",
            body: #"{"message":"hello"}"#, reply: #"{"receivers":2}"#),
        CommandRequest(
            arguments: ["queue", "groups", "jobs"], line: "GET /api/v1/queues/jobs/groups?limit=100",
            reply: #"{"groups":[],"next_after":null}"#),
        CommandRequest(
            arguments: ["clients"], line: "GET /api/v1/clients?limit=100",
            reply: #"{"clients":[],"total":0,"connections":{},"waiters":[],"waiters_total":0}"#),
        CommandRequest(arguments: ["clients", "--close", "7"], line: "DELETE /api/v1/clients/7"),
        CommandRequest(
            arguments: ["peek", "jobs"], line: "GET /api/v1/queues/jobs/messages?from=head&limit=10&state=ready",
            reply: #"{"messages":[]}"#),
        CommandRequest(
            arguments: ["peek", "jobs", "--from", "tail", "--state", "in-flight", "--count", "3"],
            line: "GET /api/v1/queues/jobs/messages?from=tail&limit=3&state=in_flight", reply: #"{"messages":[]}"#),
    ]
}

@Suite struct RequestTests {
    @Test(arguments: CommandRequest.all)
    func aCommandMakesItsRequest(_ expected: CommandRequest) async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer {
            recorder.add($0)
            return .json(expected.reply)
        } _: {
            try await roost(expected.arguments, url: $0)
        }
        #expect(outcome.failure == nil)
        let request = try #require(recorder.requests.first)
        #expect(recorder.requests.count == 1)
        #expect("\(request.method) \(request.uri)" == expected.line)
        #expect(request.json == (try expected.body.map { try JSONValue(Data($0.utf8)) }))
    }

    @Test(arguments: CommandRequest.all)
    func jsonIsOneDocumentOnStdout(_ expected: CommandRequest) async throws {
        let outcome = try await withFakeServer { _ in
            .json(expected.reply)
        } _: {
            try await roost(expected.arguments + ["--json"], url: $0)
        }
        #expect(outcome.failure == nil)
        #expect(throws: Never.self) { try JSONValue(Data(outcome.out.utf8)) }
    }

    @Test func theURLOfTheFlagWinsAndMayEndWithASlash() async throws {
        let outcome = try await withFakeServer { _ in
            .json(queueJSON)
        } _: {
            try await roost(["queue", "stats", "jobs", "--url", $0 + "/"], url: "http://127.0.0.1:1")
        }
        #expect(outcome.failure == nil)
    }

    @Test(arguments: ["127.0.0.1:9325", "ftp://host", "http://", "http://host?x=1", "nonsense"])
    func aURLThatIsNoneIsRefused(_ url: String) async throws {
        let outcome = try await roost(["queue", "list"], url: url)
        #expect(outcome.failure?.status == .usage)
        #expect(outcome.failure?.message.contains("ROOST_URL \"\(url)\"") == true)
    }

    @Test func listsOfMoreThanAPageAreFetchedToTheEnd() async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer { request in
            recorder.add(request)
            let name = request.uri.contains("after=a") ? "b" : "a"
            let queue = queueJSON.replacing(#""jobs""#, with: "\"\(name)\"")
            return .json(#"{"queues":[\#(queue)],"more":\#(name == "a"),"next_after":"a"}"#)
        } _: {
            try await roost(["queue", "list"], url: $0)
        }
        #expect(recorder.requests.map(\.uri) == ["/api/v1/queues?limit=1000", "/api/v1/queues?after=a&limit=1000"])
        #expect(outcome.out.split(separator: "\n").count == 3)
    }
}
