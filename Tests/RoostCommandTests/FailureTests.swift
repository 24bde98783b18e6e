import ArgumentParser
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RoostCommand
import Testing

@Suite struct FailureTests {
    @Test(arguments: [
        (404, "queue_does_not_exist", RoostCommand.ExitStatus.notFound), (409, "queue_exists", .refused),
        (413, "message_too_large", .refused), (429, "too_many_in_flight", .refused), (400, "invalid_setting", .refused),
        (503, "busy", .refused), (507, "out_of_disk_space", .refused), (500, "storage_failed", .failed),
    ])
    func aProblemOfTheServerHasItsStatus(_ status: Int, _ code: String, _ expected: RoostCommand.ExitStatus)
        async throws
    {
        let outcome = try await withFakeServer { _ in
            .problem(HTTPResponseStatus(statusCode: status), code)
        } _: {
            try await roost(["queue", "stats", "jobs"], url: $0)
        }
        #expect(outcome.failure?.status == expected)
        #expect(outcome.failure?.message == "because of \(code) (\(code))")
        #expect(outcome.out.isEmpty)
    }

    /// What the server says names paths of its API, which nobody types.
    @Test(arguments: [
        (404, "queue_does_not_exist", "roost queue create"), (409, "move_is_running", "roost moves cancel"),
        (400, "invalid_dead_letter_target", "roost queue create"), (400, "missing_group", "--group"),
        (400, "missing_deduplication", "--deduplication-id"), (503, "busy", "Try again"),
        (404, "client_does_not_exist", "roost clients"),
    ])
    func theNextStepIsACommand(_ status: Int, _ code: String, _ words: String) async throws {
        let outcome = try await withFakeServer { _ in
            .problem(HTTPResponseStatus(statusCode: status), code)
        } _: {
            try await roost(["queue", "stats", "jobs"], url: $0)
        }
        #expect(outcome.failure?.nextStep?.contains(words) == true)
    }

    /// Another program on the port: its 404 must not read as a missing queue.
    @Test(arguments: [
        FakeReply(status: .notFound, contentType: "text/html", body: "<h1>Not here</h1>"),
        FakeReply(status: .notFound, contentType: "application/json", body: #"{"message":"no route"}"#),
        .problem(.notFound, "not_found"),
    ])
    func anAnswerOfAnotherProgramIsToldApart(_ reply: FakeReply) async throws {
        let outcome = try await withFakeServer { _ in
            reply
        } _: {
            try await roost(["send", "jobs", "x"], url: $0)
        }
        #expect(outcome.failure?.status == .failed)
        #expect(outcome.failure?.nextStep?.contains("--url") == true)
    }

    @Test func anAnswerThatCannotBeReadFails() async throws {
        for body in ["", "[", "{}", #"{"messages":7}"#] {
            let outcome = try await withFakeServer { _ in
                .json(body)
            } _: {
                try await roost(["peek", "jobs"], url: $0)
            }
            #expect(outcome.failure?.status == .failed)
        }
    }

    @Test func withoutAServerTheNextStepIsToStartOne() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(channel.localAddress?.port)
        try await channel.close()
        let outcome = try await roost(["queue", "list"], url: "http://127.0.0.1:\(port)")
        #expect(outcome.failure?.status == .unreachable)
        #expect(outcome.failure?.message.contains("http://127.0.0.1:\(port)") == true)
        #expect(outcome.failure?.nextStep?.contains("roost serve") == true)
    }

    @Test(arguments: ["purge", "delete"])
    func destructionWithoutATerminalNeedsYes(_ command: String) async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer {
            recorder.add($0)
            return .json("{}")
        } _: {
            try await roost(["queue", command, "jobs"], url: $0)
        }
        #expect(outcome.failure?.status == .notConfirmed)
        #expect(outcome.failure?.nextStep == "Confirm with --yes.")
        #expect(recorder.requests.isEmpty)
    }

    @Test(arguments: [("yes", 1), ("Y", 1), ("no", 0), ("", 0), ("yesterday", 0), (nil, 0)])
    func atATerminalTheAnswerCounts(_ answer: String?, _ requests: Int) async throws {
        let recorder = Recorder()
        let outcome = try await withFakeServer {
            recorder.add($0)
            return .json("{}")
        } _: {
            let terminal = FakeTerminal(answer: answer, inputIsTerminal: true, outIsTerminal: true)
            return try await roost(["queue", "purge", "jobs"], url: $0, terminal)
        }
        #expect(recorder.requests.count == requests)
        #expect(outcome.failure?.status == (requests == 1 ? nil : .notConfirmed))
        #expect(outcome.error.contains("Delete all messages of the queue jobs?"))
    }

    @Test(arguments: [
        ["fly"], ["send"], ["send", "jobs", "x", "--file", "f"], ["send", "jobs", "--file", "f", "--in-flight", "0"],
        ["receive", "jobs", "--max", "1001"], ["receive", "jobs", "--json", "--body"], ["delete", "jobs"],
        ["peek", "jobs", "--count", "0"], ["peek", "jobs", "--from", "middle"], ["queue", "stats", ".."],
        ["bench", "--size", "31"], ["bench", "--count", "1", "--duration", "1s"], ["bench", "--batch", "1001"],
        ["send", "jobs", "x", "--attribute", "=v"], ["serve", "--json"], ["release", "jobs"], ["extend", "jobs", "h"],
        ["extend", "jobs", "--visibility", "5m"], ["extend", "jobs", "h", "--visibility", "0s"], ["publish", "", "x"],
        ["queue", "groups", "jobs", "--limit", "0"], ["clients", "--limit", "1001"],
        ["clients", "--limit", "1", "--close", "7"], ["clients", "--close", "x"],
    ])
    func wrongArgumentsAreAUsageError(_ arguments: [String]) async throws {
        await #expect { try await roost(arguments) } throws: {
            Roost.exitCode(for: $0).rawValue == RoostCommand.ExitStatus.usage.rawValue
        }
    }

    @Test func aBadConfigurationOfTheServerHasAStatusOfItsOwn() async throws {
        let outcome = try await roost(["serve", "--fsync", "sometimes"])
        #expect(outcome.failure?.status == .configuration)
        #expect(outcome.failure?.message.contains("--fsync \"sometimes\"") == true)
    }
}
