import Foundation
import RoostCommand
import Testing

@Suite struct FileSendTests {
    private func withFile<Result>(_ data: Data, _ body: (String) async throws -> Result) async throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "roost-\(UUID().uuidString).txt").path()
        try data.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }

    @Test(arguments: [1, 4])
    func everyLineIsAMessageInBatchesOfAHundred(_ inFlight: Int) async throws {
        let broker = FakeBroker()
        let recorder = Recorder()
        let lines = (1...250).map { "line \($0)" }
        let text =
            lines.prefix(120).joined(separator: "\n") + "\n\n\r\n" + lines.dropFirst(120).joined(separator: "\r\n")
        let outcome = try await withFile(Data(text.utf8)) { path in
            try await withFakeServer {
                recorder.add($0)
                return broker.reply($0)
            } _: {
                try await roost(["send", "jobs", "--file", path, "--in-flight", "\(inFlight)"], url: $0)
            }
        }
        #expect(outcome.failure == nil)
        #expect(outcome.out.hasPrefix("sent 250 messages in "))
        #expect(recorder.requests.map { $0.json?["messages"]?.items?.count ?? 0 }.sorted() == [50, 100, 100])
        #expect(inFlight == 1 ? broker.bodies == lines : broker.bodies.sorted() == lines.sorted())
    }

    @Test func attributesAndDelayAreThoseOfEveryLine() async throws {
        let recorder = Recorder()
        _ = try await withFile(Data("a\nb\n".utf8)) { path in
            try await withFakeServer {
                recorder.add($0)
                return FakeBroker().reply($0)
            } _: {
                try await roost(["send", "jobs", "--file", path, "-a", "k=v", "--delay", "1s"], url: $0)
            }
        }
        let expected = """
            {"messages":[{"body":"a","attributes":{"k":{"type":"String","value":"v"}},"delay_seconds":1},\
            {"body":"b","attributes":{"k":{"type":"String","value":"v"}},"delay_seconds":1}]}
            """
        #expect(recorder.requests.first?.json == (try JSONValue(Data(expected.utf8))))
    }

    @Test func linesThatAreRefusedAreNamed() async throws {
        let reply =
            #"{"results":[{"id":"x"},{"error":{"status":413,"code":"message_too_large","detail":"too big"}}],"#
            + #""failed":1}"#
        let outcome = try await withFile(Data("a\n\nb\n".utf8)) { path in
            try await withFakeServer { _ in
                .json(reply)
            } _: {
                try await roost(["send", "jobs", "--file", path], url: $0)
            }
        }
        #expect(outcome.error.contains("line 3: too big\n"))
        #expect(outcome.failure == CommandError(.refused, "1 line refused"))
        #expect(outcome.out.hasPrefix("sent 1 message in "))
    }

    @Test func aMissingQueueStopsAtTheFirstBatch() async throws {
        let recorder = Recorder()
        let entry = #"{"error":{"status":404,"code":"queue_does_not_exist","detail":"There is no queue."}}"#
        let entries = Array(repeating: entry, count: 100).joined(separator: ",")
        let text = String(repeating: "x\n", count: 1000)
        let outcome = try await withFile(Data(text.utf8)) { path in
            try await withFakeServer {
                recorder.add($0)
                return .json(#"{"results":[\#(entries)],"failed":100}"#)
            } _: {
                try await roost(["send", "jobs", "--file", path, "--in-flight", "1"], url: $0)
            }
        }
        #expect(outcome.failure?.status == .notFound)
        #expect(recorder.requests.count < 5)
    }

    @Test func aFailureSaysHowFarItCame() async throws {
        let broker = FakeBroker(.init(unanswered: [2]))
        let outcome = try await withFile(Data(String(repeating: "x\n", count: 1000).utf8)) { path in
            try await withFakeServer {
                broker.reply($0)
            } _: {
                try await roost(["send", "jobs", "--file", path, "--in-flight", "1"], url: $0)
            }
        }
        #expect(outcome.failure?.status == .refused)
        #expect(outcome.failure?.nextStep?.hasPrefix("200 messages were sent before that") == true)
    }

    @Test func aFileThatIsMissingFails() async throws {
        let outcome = try await roost(["send", "jobs", "--file", "/nowhere/lines.txt"])
        #expect(outcome.failure?.status == .failed)
        #expect(outcome.failure?.message.contains("/nowhere/lines.txt") == true)
    }

    /// Lines of every length around the size of a chunk, so that newlines fall on every side of its end.
    @Test func linesAreCutRightAtTheEndsOfChunks() async throws {
        let lengths = [0, 1, 65_534, 65_535, 65_536, 65_537, 200_000, 3]
        let lines = lengths.map { [UInt8](repeating: UInt8(ascii: "a"), count: $0) }
        for ending in ["\n", "\r\n"] {
            let data = Data(lines.map { $0 + ending.utf8 }.joined())
            try await withFile(data) { path in
                var reader = LineReader(try FileHandle(forReadingFrom: URL(filePath: path)), lineBytesMax: 300_000)
                for line in lines { #expect(try reader.next() == line) }
                #expect(try reader.next() == nil)
                #expect(reader.lineNumber == lines.count)
                #expect(reader.position == data.count)
            }
        }
    }

    @Test func aLineThatIsTooLongIsRefused() async throws {
        try await withFile(Data(repeating: UInt8(ascii: "a"), count: 200_000)) { path in
            var reader = LineReader(try FileHandle(forReadingFrom: URL(filePath: path)), lineBytesMax: 100_000)
            #expect(throws: CommandError.self) { try reader.next() }
        }
    }
}
