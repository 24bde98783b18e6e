package import ArgumentParser
import Dispatch
import Foundation
import NIOHTTP1
import RoostModel

package struct Bench: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Measure sends and receives, and check that nothing is lost.",
        discussion: """
            Producers and consumers work on a queue of their own, which is deleted afterwards, or on the one named by \
            --queue, which has to be empty. Every message has a number: losses and duplicates are counted. Ctrl-C ends \
            the sending; what was sent is still received and counted. The latency of receive+delete is that of both \
            requests together, waiting for a message included.

            Examples:
              roost bench
              roost bench --producers 8 --consumers 8 --batch 10 --duration 30s
              roost bench --count 1000000 --batch 100 --consumers 0 --queue backlog
            """
    )

    @Option(help: ArgumentHelp("Tasks that send.", valueName: "n"))
    package var producers = 4
    @Option(help: ArgumentHelp("Tasks that receive and delete. 0 leaves the messages in the queue.", valueName: "n"))
    package var consumers = 4
    @Option(help: ArgumentHelp("Size of a body, at least 32 bytes, for example 100 or 1KiB.", valueName: "size"))
    package var size = Size(bytes: 100)
    @Option(help: ArgumentHelp("Messages in a request, 1 to 1000.", valueName: "n"))
    package var batch = 1
    @Option(help: ArgumentHelp("How long to send. Default: 10s, unless --count is given.", valueName: "time"))
    package var duration: Span?
    @Option(help: ArgumentHelp("How many messages to send.", valueName: "n"))
    package var count: Int?
    @Option(help: ArgumentHelp("An empty queue to use. It is not deleted.", valueName: "queue"))
    package var queue: String?
    @Flag(help: "Keep the queue.")
    package var keep = false
    @Flag(help: "No progress lines.")
    package var quiet = false
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func validate() throws {
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
            guard !range.contains(value) else { return }
            throw ValidationError("--\(name) \(value): accepted is \(range.lowerBound) to \(range.upperBound).")
        }
        try check("producers", producers, 1...1000)
        try check("consumers", consumers, 0...1000)
        try check("size", size.bytes, BenchMessage.sizeMin...(64 << 20))
        try check("batch", batch, 1...1000)
        if let count { try check("count", count, 1...1_000_000_000) }
        if count != nil, duration != nil { throw ValidationError("Give --count or --duration, not both.") }
        if let duration, duration.milliseconds.count <= 0 { throw ValidationError("--duration has to be above 0.") }
    }

    package func run() async throws {
        let message = BenchMessage(run: BenchMessage.newRun(), size: size.bytes)
        let plan = plan(message)
        let report = try await client.withClient(connections: producers + consumers + 1) { client in
            try await Self.prepare(plan, client)
            let report = try await measure(plan, message, client)
            if queue == nil, !keep, report.verification.lost == 0 {
                _ = try await client.call(.DELETE, ["queues", plan.queue])
            }
            return report
        }
        let console = Console.current
        console.out(client.json ? try report.document.rendered() : report.text(console.outStyle))
        try Self.judge(report)
    }

    private func plan(_ message: BenchMessage) -> BenchPlan {
        let time = count == nil ? duration.map { Duration.milliseconds($0.milliseconds.count) } ?? .seconds(10) : nil
        return BenchPlan(
            queue: queue ?? "bench-\(message.run)", producers: producers, consumers: consumers, size: size.bytes,
            batch: batch, duration: time, count: count)
    }

    /// The queue of somebody's messages is not for measuring: consumers would delete them.
    private static func prepare(_ plan: BenchPlan, _ client: APIClient) async throws {
        let reply = try await client.call(.PUT, ["queues", plan.queue], body: Data("{}".utf8))
        let queue = try API.decode(QueueDescription.self, reply)
        guard queue.counts.all == 0 else {
            throw CommandError(
                .refused,
                "\(plan.queue) has \(Text.plural(queue.counts.all, "message")), and a bench needs an empty queue",
                nextStep: "Leave --queue out, or empty it with: roost queue purge \(plan.queue)"
            )
        }
    }

    private func measure(
        _ plan: BenchPlan, _ message: BenchMessage, _ client: APIClient
    ) async throws -> BenchReport {
        let ledger = BenchLedger(limit: plan.count)
        let run = BenchRun(plan: plan, message: message, client: client, ledger: ledger)
        let console = Console.current
        if !quiet { console.error(plan.settingsLine + "\n") }
        let interrupt = Self.stopOnInterrupt(ledger)
        defer { interrupt.cancel() }
        let progress = Task { [quiet] in
            if !quiet { await BenchProgress.report(ledger, console) }
        }
        let (send, receive) = await run.run()
        progress.cancel()
        return BenchReport(
            plan: plan, send: send, receive: receive, ledger: ledger, left: try await run.leftInQueue())
    }

    /// The first Ctrl-C ends the sending, the second one the process.
    private static func stopOnInterrupt(_ ledger: BenchLedger) -> any DispatchSourceSignal {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            if ledger.isStopped { Foundation.exit(ExitStatus.interrupted.rawValue) }
            ledger.stop()
        }
        source.setCancelHandler { signal(SIGINT, SIG_DFL) }
        source.resume()
        return source
    }

    private static func judge(_ report: BenchReport) throws {
        if report.verification.lost > 0 {
            throw CommandError(
                .failed,
                "\(Text.plural(report.verification.lost, "message")) lost; the queue \(report.plan.queue) is kept")
        }
        if report.counts.errors > 0 {
            let first = report.counts.firstError.map { Text.harmless($0) } ?? ""
            throw CommandError(.failed, "\(Text.plural(report.counts.errors, "request")) failed, the first: \(first)")
        }
    }
}

/// A line on stderr each second.
enum BenchProgress {
    static func report(_ ledger: BenchLedger, _ console: Console) async {
        let start = ContinuousClock.now
        var before = ledger.counts
        var ticks = 0
        while true {
            ticks += 1
            // Fixed points in time, so that the lines do not drift from the seconds that they name.
            guard (try? await Task.sleep(until: start + .seconds(ticks))) != nil else { return }
            let now = ledger.counts
            console.error(line(ticks, before, now) + "\n")
            before = now
        }
    }

    static func line(_ second: Int, _ before: BenchLedger.Counts, _ now: BenchLedger.Counts) -> String {
        let errors = now.errors > 0 ? "  errors \(Text.number(now.errors))" : ""
        return "\(second) s  sent \(Text.number(now.sent - before.sent))/s  "
            + "received \(Text.number(now.received - before.received))/s  "
            + "waiting \(Text.number(max(0, now.sent - now.received)))\(errors)"
    }
}
