import Foundation
import NIOHTTP1

/// `send --file`: each line a message, in batches, several batches on their way at a time.
struct FileSend {
    static let batchMessagesMax = 100
    /// A batch is sent when its bodies reach this size, however few they are.
    static let batchBytesMax = 1 << 20
    /// Refused lines that are named one by one.
    static let refusalsShown = 10

    let queue: String
    let path: String
    /// Attributes, delay, group and trace of every message.
    let template: OutgoingMessage
    let inFlight: Int
    let json: Bool

    private struct Batch: Sendable {
        var messages: [OutgoingMessage] = []
        var lines: [Int] = []
        var bytes = 0
        /// Place in the file behind the last line of the batch.
        var end = 0
    }

    private struct Tally {
        var sent = 0
        var refused = 0
        var firstRefusals: [(line: Int, reason: String)] = []
        var bytesDone = 0
    }

    func run(_ client: APIClient) async throws {
        let console = Console.current
        let file = try open()
        defer { try? file.close() }
        var reader = LineReader(file, lineBytesMax: InputText.bytesMax)
        var bar = ProgressBar(console: console, total: sizeOfFile())
        var tally = Tally()
        let start = ContinuousClock.now
        do {
            try await sendAll(&reader, client, &tally, &bar)
        } catch {
            bar.clear()
            throw interrupted(error, tally)
        }
        bar.clear()
        try report(tally, ContinuousClock.now - start)
    }

    private func sendAll(
        _ reader: inout LineReader, _ client: APIClient, _ tally: inout Tally, _ bar: inout ProgressBar
    ) async throws {
        try await withThrowingTaskGroup(of: (Batch, EntryResults).self) { group in
            var running = 0
            while let batch = try nextBatch(&reader) {
                if running == inFlight, let (batch, results) = try await group.next() {
                    running -= 1
                    count(batch, results, &tally)
                    bar.update(tally.bytesDone, label: "\(Text.number(tally.sent)) sent")
                }
                group.addTask { (batch, try await send(batch, client)) }
                running += 1
            }
            while let (batch, results) = try await group.next() {
                count(batch, results, &tally)
                bar.update(tally.bytesDone, label: "\(Text.number(tally.sent)) sent")
            }
        }
    }

    private func nextBatch(_ reader: inout LineReader) throws -> Batch? {
        var batch = Batch()
        while batch.messages.count < Self.batchMessagesMax, batch.bytes < Self.batchBytesMax,
            let line = try reader.next()
        {
            guard !line.isEmpty else { continue }
            var message = OutgoingMessage(body: line)
            message.attributes = template.attributes
            message.delaySeconds = template.delaySeconds
            message.group = template.group
            message.trace = template.trace
            batch.messages.append(message)
            batch.lines.append(reader.lineNumber)
            batch.bytes += line.count
            batch.end = reader.position
        }
        return batch.messages.isEmpty ? nil : batch
    }

    private func send(_ batch: Batch, _ client: APIClient) async throws -> EntryResults {
        let body = try API.encode(["messages": batch.messages])
        let results = try API.decode(
            EntryResults.self, try await client.call(.POST, ["queues", queue, "messages"], body: body))
        guard results.results.count == batch.messages.count else {
            throw CommandError(
                .failed,
                "the server answered \(results.results.count) results for a batch of "
                    + "\(batch.messages.count) messages")
        }
        // Every line would be refused for the same reason: stop at the first batch.
        if let error = results.results.first?.error, error.code == "queue_does_not_exist" { throw error.commandError }
        return results
    }

    private func count(_ batch: Batch, _ results: EntryResults, _ tally: inout Tally) {
        for (line, result) in zip(batch.lines, results.results) {
            guard let error = result.error else {
                tally.sent += 1
                continue
            }
            tally.refused += 1
            if tally.firstRefusals.count < Self.refusalsShown {
                tally.firstRefusals.append((line, Text.harmless(error.detail)))
            }
        }
        tally.bytesDone = max(tally.bytesDone, batch.end)
    }
}

// Files and words.
extension FileSend {
    private func open() throws -> FileHandle {
        guard path != "-" else { return .standardInput }
        do {
            return try FileHandle(forReadingFrom: URL(filePath: path))
        } catch {
            throw CommandError(.failed, "\(path) cannot be read: there is no such file, or no permission")
        }
    }

    private func sizeOfFile() -> Int {
        guard path != "-" else { return 0 }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    private func interrupted(_ error: any Error, _ tally: Tally) -> CommandError {
        let words =
            "\(Text.plural(tally.sent, "message")) were sent before that; the batches that were on their way "
            + "may have been accepted too."
        guard let error = error as? CommandError else {
            return CommandError(.failed, "\(error)", nextStep: words)
        }
        return CommandError(
            error.status, error.message, nextStep: [words, error.nextStep ?? ""].joined(separator: "\n"))
    }

    private func report(_ tally: Tally, _ time: Duration) throws {
        let console = Console.current
        for refusal in tally.firstRefusals.sorted(by: { $0.line < $1.line }) {
            console.error("line \(refusal.line): \(refusal.reason)\n")
        }
        let seconds = time / .seconds(1)
        let rate = seconds > 0 ? Double(tally.sent) / seconds : 0
        if json {
            let document: [String: JSONValue] = [
                "sent": .integer(Int64(tally.sent)), "refused": .integer(Int64(tally.refused)),
                "seconds": .number(seconds),
            ]
            console.out(try JSONValue.object(document).rendered())
        } else {
            console.out(
                "sent \(Text.plural(tally.sent, "message")) in \(Text.decimal(seconds, digits: 2)) s "
                    + "(\(Text.number(rate))/s)\n")
        }
        guard tally.refused == 0 else {
            throw CommandError(.refused, "\(Text.plural(tally.refused, "line")) refused")
        }
    }
}
