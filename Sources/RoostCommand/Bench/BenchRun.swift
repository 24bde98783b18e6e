import Foundation
import NIOHTTP1

/// Producers and consumers on one queue.
struct BenchRun: Sendable {
    /// Requests may fail for so long (a restart of the server, for example) before a worker gives up.
    private static let patience = Duration.seconds(10)
    private static let pauseAfterError = Duration.milliseconds(200)
    /// Consumers wait so long for a message, and then look whether the queue is empty.
    private static let waitSeconds = 1.0

    let plan: BenchPlan
    let message: BenchMessage
    let client: APIClient
    let ledger: BenchLedger

    /// The latencies of one side, and how long it worked.
    struct Side: Sendable {
        var latencies = Histogram()
        var start = ContinuousClock.now
        var end = ContinuousClock.now

        mutating func record(since start: ContinuousClock.Instant) {
            end = .now
            latencies.record(UInt64(max(0, (end - start) / .nanoseconds(1))))
        }

        mutating func add(_ other: Side) {
            latencies.add(other.latencies)
            start = min(start, other.start)
            end = max(end, other.end)
        }
    }

    func run() async -> (send: Side, receive: Side) {
        async let receiving = workers(plan.consumers) { await consume() }
        let timer = Task { [ledger, plan] in
            guard let duration = plan.duration else { return }
            try? await Task.sleep(for: duration)
            ledger.stop()
        }
        let sending = await workers(plan.producers) { await produce() }
        timer.cancel()
        ledger.finishProducing()
        return (sending, await receiving)
    }

    private func workers(_ count: Int, _ work: @escaping @Sendable () async -> Side) async -> Side {
        await withTaskGroup(of: Side.self) { group in
            for _ in 0..<count { group.addTask { await work() } }
            guard var sum = await group.next() else { return Side() }
            for await side in group { sum.add(side) }
            return sum
        }
    }

    // MARK: Sending

    private func produce() async -> Side {
        var side = Side()
        var lastSuccess = ContinuousClock.now
        while let numbers = ledger.reserve(plan.batch) {
            let start = ContinuousClock.now
            do {
                try await send(numbers)
                side.record(since: start)
                lastSuccess = start
            } catch {
                ledger.fail(Self.words(error))
                guard ContinuousClock.now - lastSuccess < Self.patience else { break }
                try? await Task.sleep(for: Self.pauseAfterError)
            }
        }
        return side
    }

    private func send(_ numbers: Range<Int>) async throws {
        let reply = try await client.call(.POST, path("messages"), body: message.sendRequest(numbers))
        let results = try JSONDecoder().decode(EntryResults.self, from: reply).results
        guard results.count == numbers.count else { throw CommandError(.failed, "a result is missing") }
        ledger.acknowledge(zip(numbers, results).lazy.filter { $1.error == nil }.map(\.0))
        if let refused = results.first(where: { $0.error != nil })?.error { ledger.fail(refused.detail) }
    }

    // MARK: Receiving

    private struct Received: Decodable {
        struct Message: Decodable {
            var handle: String
            var body: String?
        }
        var messages: [Message]
    }

    private func consume() async -> Side {
        var side = Side()
        var lastSuccess = ContinuousClock.now
        while !ledger.isComplete {
            let start = ContinuousClock.now
            do {
                let count = try await receiveAndDelete()
                lastSuccess = .now
                if count > 0 {
                    side.record(since: start)
                } else if ledger.hasProduced, try await leftInQueue() == 0 {
                    break
                }
            } catch {
                ledger.fail(Self.words(error))
                guard ContinuousClock.now - lastSuccess < Self.patience else { break }
                try? await Task.sleep(for: Self.pauseAfterError)
            }
        }
        return side
    }

    /// Messages that arrived.
    private func receiveAndDelete() async throws -> Int {
        let request = Data(#"{"max":\#(plan.batch),"wait_seconds":\#(Self.waitSeconds)}"#.utf8)
        let reply = try await client.call(.POST, path("receive"), body: request, wait: Self.waitSeconds)
        let messages = try JSONDecoder().decode(Received.self, from: reply).messages
        let known = messages.compactMap { item in message.number(of: item.body ?? "").map { ($0, item.handle) } }
        ledger.arrive(known.map(\.0), foreign: messages.count - known.count)
        guard !known.isEmpty else { return 0 }
        let deletion = try JSONEncoder().encode(["handles": known.map(\.1)])
        let outcome = try await client.call(.POST, path("delete"), body: deletion)
        let results = try JSONDecoder().decode(EntryResults.self, from: outcome).results
        if let refused = results.first(where: { $0.error != nil })?.error { ledger.fail(refused.detail) }
        return messages.count
    }

    func leftInQueue() async throws -> Int {
        let reply = try await client.call(.GET, ["queues", plan.queue])
        return try API.decode(QueueDescription.self, reply).counts.all
    }

    private func path(_ action: String) -> [String] { ["queues", plan.queue, action] }

    private static func words(_ error: any Error) -> String {
        (error as? CommandError)?.message ?? "\(error)"
    }
}
