package import ArgumentParser
import NIOHTTP1
import RoostServer

package struct Stats: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show what a server holds and what it takes of memory and disk.",
        discussion: """
            Also while the server still reads its log. What is counted is counted from its start.

            Examples:
              roost stats
              roost stats --json
            """
    )

    @OptionGroup package var client: ClientOptions

    package init() {}

    package func run() async throws {
        let reply = try await client.withClient { try await $0.call(.GET, ["stats"]) }
        let console = Console.current
        guard !client.json else { return console.out(try JSONValue(reply).rendered()) }
        let node = try API.decode(NodeDescription.self, reply)
        console.out(Self.table(node).rendered(console.outStyle))
        for warning in Self.warnings(node) { console.error("warning: \(warning)\n") }
    }

    private static func table(_ node: NodeDescription) -> Table {
        var table = Table([.left("SERVER"), .left("roost \(node.version)")])
        for (label, text) in contents(node) + memory(node.memory) + disk(node) { table.add([label, text]) }
        return table
    }

    private static func contents(_ node: NodeDescription) -> [(String, String)] {
        [
            ("state", node.recovery.map { "recovering: \($0.percent) % of \($0.reading) is read" } ?? node.state),
            ("queues", Text.number(node.queues)),
            ("ready", Text.number(node.counts.ready)),
            ("in flight", Text.number(node.counts.inFlight)),
            ("delayed", Text.number(node.counts.delayed)),
            ("buried", Text.number(node.counts.buried ?? 0)),
            ("damaged", Text.number(node.counts.damaged ?? 0)),
            ("waiting receives", Text.number(node.waiters)),
            ("connections", Text.number(node.connections.values.reduce(0, +))),
        ]
    }

    private static func memory(_ memory: NodeDescription.Memory) -> [(String, String)] {
        [
            ("memory limit", memory.limitBytes.map(Text.bytes) ?? "none"),
            ("memory: index", Text.bytes(memory.indexBytes)),
            ("memory: bodies", Text.bytes(memory.bodyCacheBytes)),
            ("memory: deduplication", Text.bytes(memory.deduplicationBytes)),
            ("memory: keys", Text.bytes(memory.keysBytes)),
            ("memory: waiters", Text.bytes(memory.waitersBytes)),
            ("memory: connections", Text.bytes(memory.connectionsBytes)),
        ]
    }

    private static func disk(_ node: NodeDescription) -> [(String, String)] {
        let disk = node.disk
        return [
            ("disk", "\(Text.bytes(disk.bytes)) in \(Text.number(node.log.segments)) segments and snapshots"),
            ("disk: live messages", Text.bytes(disk.liveBytes)),
            ("disk: reserve", Text.bytes(disk.reserveBytes)),
            ("disk: newest snapshot", Text.bytes(disk.snapshotBytes)),
            ("snapshots", Text.number(disk.snapshots)),
            ("segments removed", Text.number(disk.segmentsRemoved)),
            ("messages moved", Text.number(disk.messagesMoved)),
            ("bodies read", "\(Text.number(disk.bodiesRead)), \(Text.number(disk.reads)) of them waited for the disk"),
        ]
    }

    private static func warnings(_ node: NodeDescription) -> [String] {
        var warnings: [String] = []
        if node.disk.isFull { warnings.append("the disk is full: new messages are refused") }
        if node.memory.isFull { warnings.append("the memory limit is reached: new messages are refused") }
        if let count = node.counts.damaged, count > 0 {
            warnings.append("damaged messages: \(Text.number(count)). See which queues have them: roost queue list")
        }
        return warnings
    }
}
