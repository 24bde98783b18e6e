package import ArgumentParser
import NIOHTTP1
import RoostServer

package struct QueueStats: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what a queue holds, what happened to it, and its settings.",
        discussion: """
            Totals count from the start of the server.

            Examples:
              roost queue stats orders
              roost queue stats orders --json
            """,
        aliases: ["show"]
    )

    @OptionGroup package var name: QueueArgument
    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        let reply = try await client.withClient { try await $0.call(.GET, ["queues", name.queue]) }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        console.out(Self.table(try API.decode(QueueDescription.self, reply)).rendered(console.outStyle))
    }

    private static func table(_ queue: QueueDescription) -> Table {
        var table = Table([.left("QUEUE"), .left(queue.name)])
        for (label, text) in contents(queue) + settings(queue.settings) { table.add([label, text]) }
        return table
    }

    private static func contents(_ queue: QueueDescription) -> [(String, String)] {
        [
            ("state", queue.pause.map { "paused since \(Moment.text($0.sinceMs)): \($0.reason)" } ?? "active"),
            ("ready", Text.number(queue.counts.ready)),
            ("in flight", Text.number(queue.counts.inFlight)),
            ("delayed", Text.number(queue.counts.delayed)),
            ("buried", Text.number(queue.counts.buried ?? 0)),
            ("damaged", Text.number(queue.counts.damaged ?? 0)),
            ("oldest message", queue.oldestMessageAgeSeconds.map(Text.duration) ?? "-"),
            ("waiting receives", Text.number(queue.waiters)),
            ("sent", Text.number(queue.totals.sent)),
            ("received", Text.number(queue.totals.received)),
            ("deleted", Text.number(queue.totals.deleted)),
            ("returned", Text.number(queue.totals.returned)),
            ("expired", Text.number(queue.totals.expired)),
            ("moved out", Text.number(queue.totals.movedOut ?? 0)),
            ("moved in", Text.number(queue.totals.movedIn ?? 0)),
            ("created", Moment.text(queue.createdAtMs)),
        ]
    }

    private static func settings(_ settings: QueueDescription.Settings) -> [(String, String)] {
        [
            ("visibility timeout", Text.duration(settings.visibilityTimeoutSeconds)),
            ("delay", Text.duration(settings.delaySeconds)),
            ("retention", settings.retentionSeconds.map(Text.duration) ?? "unlimited"),
            ("largest message", ByteSize.text(settings.maximumMessageBytes)),
            ("receive wait", Text.duration(settings.receiveWaitSeconds)),
            ("redelivery", settings.redelivery),
            ("contents", settings.contents ?? "text"),
        ] + fifo(settings)
            + [
                (
                    "dead letters",
                    settings.deadLetters.map { "to \($0.queue) after \(Text.plural($0.maxReceives, "receive"))" } ?? "-"
                ), ("takes dead letters of", sources(settings.deadLetterSources)),
                ("safe pop", settings.safePop == true ? "on" : "off"),
            ] + (settings.properties ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, Text.preview($0.value)) }
    }

    private static func fifo(_ settings: QueueDescription.Settings) -> [(String, String)] {
        guard settings.fifo == true else { return [("type", "standard")] }
        return [
            ("type", "FIFO"),
            ("duplicates", settings.contentBasedDeduplication == true ? "by id or body" : "by id"),
            ("duplicates within", settings.deduplicationScope ?? "queue"),
        ]
    }

    private static func sources(_ value: JSONValue?) -> String {
        switch value {
        case .text(let text): text == "all" ? "any queue" : text
        case .list(let names):
            names.compactMap { if case .text(let name) = $0 { name } else { nil } }.joined(separator: ", ")
        default: "any queue"
        }
    }
}
