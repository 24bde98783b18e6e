import ArgumentParser
import Foundation
import NIOHTTP1
import RoostCommand
import Testing

@Suite struct CheckTests {
    /// 12 ready, the oldest 90 seconds old.
    private static let queue = """
        {"name":"jobs","created_at_ms":1,"modified_at_ms":1,"settings":{"visibility_timeout_seconds":30,\
        "delay_seconds":0,"retention_seconds":null,"maximum_message_bytes":1,"receive_wait_seconds":0,\
        "redelivery":"front"},"counts":{"ready":12,"in_flight":3,"delayed":1,"damaged":0,"buried":2},\
        "totals":{"sent":1,"received":1,"deleted":1,"returned":0,"expired":0},"oldest_message_age_seconds":90.5,\
        "pause":null,"waiters":4}
        """

    /// What stands on stdout, and the exit status.
    private func check(_ arguments: [String], queue: String = queue) async throws -> (line: String, status: Int32) {
        try await withFakeServer { request in
            request.uri == "/api/v1/queues/jobs" ? .json(queue) : .problem(.notFound, "queue_does_not_exist")
        } _: { url in
            try await Self.run(["check", "queue"] + arguments, url: url)
        }
    }

    private static func run(_ arguments: [String], url: String) async throws -> (line: String, status: Int32) {
        let out = OutputBox()
        let console = Console(
            writeOut: { out.add($0) }, writeError: { _ in }, readLine: { nil }, readInput: { _ in Data() },
            inputIsTerminal: false, outIsTerminal: false, errorIsTerminal: false, environment: ["ROOST_URL": url])
        do {
            try await Console.$current.withValue(console) { try await Roost.run(arguments) }
            return (out.text, 0)
        } catch let code as ExitCode {
            return (out.text, code.rawValue)
        }
    }

    @Test(arguments: [
        ([String](), "OK", Int32(0)), (["--warn-age", "91"], "OK", 0), (["--warn-age", "90s"], "WARNING", 1),
        (["--warn-age", "60s", "--crit-age", "90s"], "CRITICAL", 2), (["--crit-age", "2m"], "OK", 0),
        (["--warn-depth", "12"], "WARNING", 1), (["--warn-depth", "13"], "OK", 0),
        (["--crit-depth", "5"], "CRITICAL", 2),
        (["--warn-depth", "1", "--crit-age", "1"], "CRITICAL", 2), (["--crit-depth", "0"], "CRITICAL", 2),
    ])
    func theStatusIsThatOfTheWorstValue(arguments: [String], word: String, status: Int32) async throws {
        let result = try await check(["jobs"] + arguments)
        #expect(result.status == status)
        #expect(result.line.hasPrefix("\(word) - jobs: 12 ready, oldest 1m 30s, 3 in flight | "))
        #expect(result.line.split(separator: "\n").count == 1)
    }

    @Test func figuresHaveTheirThresholds() async throws {
        let line = try await check(["jobs", "--warn-age", "100", "--crit-age", "2h", "--crit-depth", "20"]).line
        #expect(
            line.hasSuffix(
                " | ready=12;;20;0 oldest_age_seconds=90.5;100;7200;0 in_flight=3;;;0 delayed=1;;;0 buried=2;;;0"
                    + " waiters=4;;;0\n"))
    }

    @Test func aPausedQueueIsAWarning() async throws {
        let paused = Self.queue.replacingOccurrences(
            of: #""pause":null"#, with: #""pause":{"reason":"r","since_ms":1}"#)
        let result = try await check(["jobs"], queue: paused)
        #expect(result.status == 1 && result.line.hasPrefix("WARNING - jobs: ") && result.line.contains(", paused |"))
    }

    @Test func whatCannotBeFoundOutIsUnknown() async throws {
        let missing = try await check(["other"])
        #expect(missing.status == 3 && missing.line.hasPrefix("UNKNOWN - other: because of queue_does_not_exist"))
        let silent = try await Self.run(["check", "queue", "jobs"], url: "http://127.0.0.1:1")
        #expect(silent.status == 3 && silent.line.hasPrefix("UNKNOWN - jobs: no server answers at http://127.0.0.1:1"))
    }

    @Test func theDocumentSaysTheSame() async throws {
        let result = try await check(["jobs", "--warn-age", "1", "--json"])
        let document = try JSONValue(Data(result.line.utf8))
        #expect(result.status == 1 && document["state"] == .text("warning") && document["queue"] == .text("jobs"))
        #expect(document["figures"]?["oldest_age_seconds"] == .number(90.5))
    }
}
