import Foundation
import NIOHTTP1
import RoostCommand
import Synchronization
import Testing

private func move(_ status: String, moved: Int, failure: String = "null", to: String = #""orders""#) -> String {
    #"{"id":7,"from":"old","to":\#(to),"rate":null,"status":"\#(status)","failure":\#(failure),"moved":\#(moved),"#
        + #""to_move":10,"started_at_ms":1732150000000,"finished_at_ms":null}"#
}

private func answer(_ recorder: Recorder, _ reply: @escaping @Sendable (FakeRequest) -> FakeReply)
    -> @Sendable (FakeRequest) -> FakeReply
{
    { request in
        recorder.add(request)
        return reply(request)
    }
}

/// Burials, moves and dead letters.
@Suite struct MoveCommandTests {
    @Test func buryPassesOnWhyAndWho() async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer(
            answer(recorder) { _ in
                .json(#"{"results":[{},{"error":{"status":400,"code":"invalid_handle","detail":"no"}}],"failed":1}"#)
            }
        ) {
            try await roost(["bury", "jobs", "h1", "h2", "--reason", "bad", "--error", "trace", "--by", "w"], url: $0)
        }
        #expect(
            recorder.requests.first?.json
                == .object(["handles": .list(["h1", "h2"]), "reason": "bad", "error": "trace", "by": "w"]))
        #expect(recorder.requests.first?.uri == "/api/v1/queues/jobs/bury")
        #expect(outcome.error.contains("not buried: h2: no\n") && outcome.error.contains("buried 1 message\n"))
        #expect(outcome.failure?.status == .refused)
    }

    @Test(arguments: [
        (["kick", "jobs"], [1], 1), (["kick", "jobs", "--count", "2500"], [1000, 1000, 500], 2500),
        (["kick", "jobs", "--all"], [1000, 1000, 1000], 2700),
    ])
    func kickAsksForAsManyAsWanted(_ arguments: [String], _ counts: [Int], _ kicked: Int) async throws {
        let left = Mutex(2700)
        let recorder = Recorder()
        let outcome = try await withFakeServer(
            answer(recorder) { request in
                guard case .integer(let count)? = request.json?["count"] else { return .problem(.badRequest, "x") }
                let done = left.withLock { left in
                    let done = min(left, Int(count))
                    left -= done
                    return done
                }
                return .json(#"{"kicked":\#(done)}"#)
            }
        ) {
            try await roost(arguments + ["--json"], url: $0)
        }
        #expect(recorder.requests.map { $0.json?["count"] } == counts.map { .integer(Int64($0)) })
        #expect(try JSONValue(Data(outcome.out.utf8))["kicked"] == .integer(Int64(kicked)))
    }

    @Test func aKickByIdCountsThoseThatWereBuried() async throws {
        let outcome = try await withFakeServer { _ in
            .json(#"{"results":[{"kicked":true},{"kicked":false}],"failed":0}"#)
        } _: {
            try await roost(["kick", "jobs", "--id", "a", "b"], url: $0)
        }
        #expect(outcome.error == "kicked 1 message\n" && outcome.failure == nil)
    }

    @Test func aMoveIsFollowedToItsEnd() async throws {
        let recorder = Recorder()
        let looks = Mutex(0)
        let outcome = try await withFakeServer(
            answer(recorder) { request in
                guard request.method == .GET else { return .json(move("running", moved: 0)) }
                let count = looks.withLock {
                    $0 += 1
                    return $0
                }
                let task = count < 2 ? move("running", moved: 4) : move("completed", moved: 10)
                return .json(#"{"moves":[\#(task.replacing("\"id\":7", with: "\"id\":8")),\#(task)]}"#)
            }
        ) {
            try await roost(["move", "old", "orders", "--rate", "5"], url: $0)
        }
        #expect(recorder.requests.first?.json == .object(["to": "orders", "rate": 5]))
        #expect(recorder.requests.count == 3)
        #expect(outcome.error == "moved 10 messages from old to orders\n" && outcome.failure == nil)
    }

    @Test func aMoveMayBeLeftAlone() async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer(answer(recorder) { _ in .json(move("running", moved: 0)) }) {
            try await roost(["move", "old", "orders", "--no-wait", "--json"], url: $0)
        }
        #expect(recorder.requests.count == 1)
        #expect(try JSONValue(Data(outcome.out.utf8))["id"] == 7)
    }

    @Test func aMoveThatFailsSaysWhyAndWhatToDo() async throws {
        let task = move("failed", moved: 3, failure: #""unknown_origin""#, to: "null")
        let outcome = try await withFakeServer { _ in
            .json(task)
        } _: {
            try await roost(["dlq", "redrive", "old"], url: $0)
        }
        #expect(outcome.failure?.status == .failed)
        #expect(outcome.failure?.text.contains("does not say where it came from") == true)
        #expect(outcome.failure?.text.contains("roost move old QUEUE") == true)
    }

    @Test func movesAreListedAndCancelled() async throws {
        let recorder = Recorder()
        let server = answer(recorder) { request in
            request.method == .GET
                ? .json(#"{"moves":[\#(move("running", moved: 3, to: "null"))]}"#) : .json(move("cancelled", moved: 3))
        }
        let list = try await withFakeServer(server) { try await roost(["moves", "list", "old"], url: $0) }
        for words in ["ID", "TO", "STATE", "MOVED", "(sources)", "running"] { #expect(list.out.contains(words)) }
        let cancelled = try await withFakeServer(server) { try await roost(["moves", "cancel", "7"], url: $0) }
        #expect(recorder.requests.last?.uri == "/api/v1/moves/7/cancel")
        #expect(cancelled.error == "move 7 is cancelled after 3 messages\n")
    }

    @Test func aMissingMoveIsNotTakenForAMissingQueue() async throws {
        let outcome = try await withFakeServer { _ in
            .problem(.notFound, "move_does_not_exist")
        } _: {
            try await roost(["moves", "cancel", "7"], url: $0)
        }
        #expect(outcome.failure?.status == .notFound && outcome.failure?.nextStep == nil)
    }

    private static func queue(_ name: String, _ ready: Int, to target: String? = nil) -> String {
        let policy = target.map { #""dead_letters":{"queue":"\#($0)","max_receives":3},"# } ?? ""
        return queueJSON.replacing("jobs", with: name).replacing("1234567", with: "\(ready)")
            .replacing(#""redelivery""#, with: policy + #""redelivery""#)
    }

    @Test func deadLetterQueuesAreListedWithTheirSources() async throws {
        let list = [
            Self.queue("a", 1, to: "dead"), Self.queue("b", 2, to: "dead"), Self.queue("c", 3, to: "gone"),
            Self.queue("dead", 42),
        ].joined(separator: ",")
        for arguments in [["dlq", "list"], ["dlq", "list", "--json"]] {
            let outcome = try await withFakeServer { _ in
                .json(#"{"queues":[\#(list)],"more":false}"#)
            } _: {
                try await roost(arguments, url: $0)
            }
            if arguments.count == 2 {
                #expect(outcome.out.contains(#/dead +42 .* a, b\n/#) && outcome.out.contains(#/gone +missing .* c\n/#))
                #expect(outcome.error.contains("roost queue create gone"))
            } else {
                let queues = try JSONValue(Data(outcome.out.utf8))["queues"]?.items
                #expect(queues?.first?["sources"] == .list(["a", "b"]) && queues?.first?["ready"] == 42)
                #expect(queues?.last?["exists"] == false)
            }
        }
    }

    @Test func aDryRunMovesNothing() async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer(answer(recorder) { _ in .json(#"{"would_move":1234567}"#) }) {
            try await roost(["dlq", "redrive", "jobs", "--dry-run"], url: $0)
        }
        #expect(recorder.requests.map(\.json) == [.object(["dry_run": true])])
        #expect(outcome.error == "1,234,567 messages of jobs would be moved back to where they came from\n")
    }

    /// The server looks and moves, a piece with each request.
    @Test(arguments: [false, true])
    func aFilterMovesWhatContainsTheText(isDry: Bool) async throws {
        let recorder = Recorder()
        let server = answer(recorder) { request in
            let (isFirst, count) = (request.json?["after"] == nil, isDry ? "would_move" : "moved")
            return isFirst
                ? .json(#"{"\#(count)":100,"searched":813,"of":1200,"next_after":"abc"}"#)
                : .json(#"{"\#(count)":17,"searched":1200,"of":1200,"next_after":null}"#)
        }
        let arguments = ["dlq", "redrive", "jobs", "--filter", "hit", "--to", "b", "--json"]
        let outcome = try await withFakeServer(server) {
            try await roost(arguments + (isDry ? ["--dry-run"] : []), url: $0)
        }
        let first: [String: JSONValue] = [
            "filter": .object(["text": "hit"]), "dry_run": .bool(isDry), "to": "b",
        ]
        let second = first.merging(["after": "abc"]) { $1 }
        #expect(recorder.requests.map(\.json) == [.object(first), .object(second)])
        let report = try JSONValue(Data(outcome.out.utf8))
        #expect(report["matching"] == 117 && report["moved"] == .integer(isDry ? 0 : 117))
        #expect(report["dry_run"] == .bool(isDry))
    }

    @Test(arguments: [
        ["move", "a"], ["move", "a", "b", "--rate", "0"], ["move", "a", "b", "--rate", "501"], ["bury", "jobs"],
        ["kick", "jobs", "--all", "--count", "1"], ["kick", "jobs", "--count", "0"], ["moves", "cancel", "x"],
        ["dlq", "redrive", "a", "--filter", ""], ["dlq", "redrive", "a", "--filter", "x", "--no-wait"],
        ["queue", "set", "a"], ["queue", "set", "a", "--dead-letters", "b"],
        ["queue", "create", "a", "--max-receives", "3"],
        ["queue", "set", "a", "--dead-letters", "b", "--max-receives", "3", "--no-dead-letters"],
        ["send", "a", "--file", "f", "--deduplication-id", "x"],
    ])
    func wrongArgumentsAreRefusedBeforeAnythingIsAsked(_ arguments: [String]) async {
        await #expect(throws: (any Error).self) { try await roost(arguments, url: "http://127.0.0.1:1") }
    }
}

@Suite struct QueueSettingsCommandTests {
    private func request(_ arguments: [String]) async throws -> FakeRequest? {
        let recorder = Recorder()
        _ = try await withFakeServer(answer(recorder) { _ in .json(queueJSON) }) {
            try await roost(arguments, url: $0)
        }
        return recorder.requests.first
    }

    @Test func settingsAreNamedAsInTheAPI() async throws {
        let arguments = [
            "--dead-letters", "dead", "--max-receives", "3", "--dead-letter-sources", "a,b",
            "--content-based-deduplication", "on", "--deduplication-scope", "group", "--visibility", "1m", "--safe-pop",
            "on",
        ]
        let settings: [String: JSONValue] = [
            "dead_letters": .object(["queue": "dead", "max_receives": 3]), "dead_letter_sources": .list(["a", "b"]),
            "content_based_deduplication": true, "deduplication_scope": "group", "visibility_timeout_seconds": 60,
            "safe_pop": true,
        ]
        let changed = try await request(["queue", "set", "a.fifo"] + arguments)
        #expect(changed?.method == .PATCH && changed?.json == .object(settings))
        let created = try await request(["queue", "create", "a.fifo", "--fifo"] + arguments)
        #expect(created?.method == .PUT && created?.json == .object(settings.merging(["fifo": true]) { $1 }))
    }

    @Test func deadLettersAreTakenAwayWithNull() async throws {
        let changed = try await request(["queue", "set", "a", "--no-dead-letters", "--dead-letter-sources", "none"])
        #expect(changed?.json == .object(["dead_letters": .null, "dead_letter_sources": "none"]))
    }

    @Test func aMessageCarriesGroupDuplicateAndTrace() async throws {
        let recorder = Recorder()
        _ = try await withFakeServer(answer(recorder) { _ in .json(#"{"id":"i","sent_at_ms":1,"sequence":1}"#) }) {
            try await roost(
                ["send", "a.fifo", "x", "--group", "g", "--deduplication-id", "d", "--trace", "t"], url: $0)
        }
        #expect(
            recorder.requests.first?.json
                == .object(["body": "x", "group": "g", "deduplication_id": "d", "trace": "t"]))
    }

    @Test func aBuriedMessageIsShownWithItsReason() async throws {
        let message =
            #"{"id":"i","state":"buried","body":"x","sent_at_ms":1732150000000,"receive_count":2,"due_ms":null,"#
            + #""group":"g","dead_letter_source":"jobs","burial":{"reason":"bad\u001b[2J","error":"trace","by":"w","#
            + #""at_ms":1732150000000}}"#
        for arguments in [["peek", "a", "--state", "buried"], ["peek", "a", "--state", "buried", "--full"]] {
            let outcome = try await withFakeServer { _ in
                .json(#"{"messages":[\#(message)]}"#)
            } _: {
                try await roost(arguments, url: $0)
            }
            #expect(outcome.out.contains(#"bad\u{1b}[2J"#) && !outcome.out.contains("\u{1B}"))
            #expect(outcome.error.contains("roost kick a --id ID"))
            guard arguments.count == 5 else { continue }
            for words in ["group     g\n", "from      jobs (dead letter)\n", "error     trace\n", "by        w\n"] {
                #expect(outcome.out.contains(words), "\(outcome.out)")
            }
        }
    }
}
