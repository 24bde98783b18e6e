import Foundation

/// What `top` draws: lines that fit the terminal.
package struct TopScreen {
    package var snapshot: TopSnapshot
    package var rates: TopRates
    package var order = TopOrder.ready
    package var address: String
    package var style = Style(isOn: false)

    package init(snapshot: TopSnapshot, rates: TopRates, address: String) {
        self.snapshot = snapshot
        self.rates = rates
        self.address = address
    }

    /// - Parameter height: nil: all queues.
    package func lines(width: Int, height: Int?) -> [String] {
        let (head, warnings) = (self.head, self.warnings)
        let rows = height.map { max(0, $0 - head.count - warnings.count - 3) } ?? Int.max
        let queues = sorted.prefix(rows)
        var lines = head.map { clip($0, width) }
        lines += warnings.map { style.yellow(clip("warning    \($0)", width)) } + [""]
        lines += table(Array(queues), width).enumerated().map { index, line in
            index == 0 ? style.bold(clip(line, width)) : clip(line, width)
        }
        if snapshot.node.queues > queues.count {
            lines.append(clip("and \(Text.number(snapshot.node.queues - queues.count)) more queues", width))
        }
        return height.map { Array(lines.prefix($0)) } ?? lines
    }

    private var head: [String] {
        let (node, counts) = (snapshot.node, snapshot.node.counts)
        var flow = ""
        if let rate = rates.all { flow = "   in \(Text.short(rate.incoming))/s   out \(Text.short(rate.outgoing))/s" }
        let percent = node.recovery.map { " (\($0.percent) % of \($0.reading) is read)" } ?? ""
        let connections = node.connections.sorted { $0.key < $1.key }
            .map { "\($0.key) \(Text.number($0.value))" }.joined(separator: "  ")
        return [
            "roost \(Text.harmless(node.version))  \(address)  \(Text.harmless(node.state))\(percent)",
            "messages   ready \(Text.number(counts.ready))   in flight \(Text.number(counts.inFlight))"
                + "   delayed \(Text.number(counts.delayed))   buried \(Text.number(counts.buried ?? 0))\(flow)",
            "memory     \(Text.bytes(memory(node)))"
                + (node.memory.limitBytes.map { " of \(Text.bytes($0))" } ?? "")
                + "   disk \(Text.bytes(node.disk.bytes))   connections \(connections)",
        ]
    }

    private func memory(_ node: NodeDescription) -> Int {
        let memory = node.memory
        return memory.indexBytes + memory.bodyCacheBytes + memory.deduplicationBytes + memory.keysBytes
            + memory.waitersBytes + memory.connectionsBytes
    }

    private var warnings: [String] {
        let node = snapshot.node
        var warnings: [String] = []
        if node.disk.isFull { warnings.append("the disk is full: new messages are refused") }
        if node.memory.isFull { warnings.append("the memory limit is reached: new messages are refused") }
        if let count = node.counts.damaged, count > 0 { warnings.append("damaged messages: \(Text.number(count))") }
        return warnings
    }

    private var sorted: [QueueDescription] {
        func value(_ queue: QueueDescription) -> Double {
            switch order {
            case .ready: Double(queue.counts.ready)
            case .oldest: queue.oldestMessageAgeSeconds ?? -1
            case .inFlight: Double(queue.counts.inFlight)
            case .incoming: rates[queue.name]?.incoming ?? -1
            case .outgoing: rates[queue.name]?.outgoing ?? -1
            case .name: 0
            }
        }
        return snapshot.queues.sorted { one, other in
            let (first, second) = (value(one), value(other))
            return first == second ? one.name < other.name : first > second
        }
    }

    /// What a queue has in each column. A column that is empty for all of them is left out, so that a narrow terminal
    /// shows what there is.
    private struct Figure {
        var title: String
        var isOptional = false
        var text: (QueueDescription) -> String
    }

    private var figures: [Figure] {
        [
            Figure(title: "STATE", isOptional: true) { $0.pause == nil ? "" : "paused" },
            Figure(title: "READY") { Text.number($0.counts.ready) },
            Figure(title: "IN FLIGHT") { Text.number($0.counts.inFlight) },
            Figure(title: "DELAYED", isOptional: true) { Text.some($0.counts.delayed) },
            Figure(title: "BURIED", isOptional: true) { Text.some($0.counts.buried ?? 0) },
            Figure(title: "OLDEST") { $0.oldestMessageAgeSeconds.map(Text.duration) ?? "-" },
            Figure(title: "IN/S") { rates[$0.name].map { Text.short($0.incoming) } ?? "-" },
            Figure(title: "OUT/S") { rates[$0.name].map { Text.short($0.outgoing) } ?? "-" },
            Figure(title: "WAITERS") { Text.number($0.waiters) },
        ]
    }

    private static let nameWidthMin = 16

    private func table(_ queues: [QueueDescription], _ width: Int) -> [String] {
        let shown = figures.filter { figure in !figure.isOptional || queues.contains { !figure.text($0).isEmpty } }
        let cells = queues.map { queue in shown.map { $0.text(queue) } }
        let taken = shown.indices.reduce(0) { sum, index in
            sum + 2 + cells.reduce(shown[index].title.count) { max($0, $1[index].count) }
        }
        let nameWidth = width == .max ? width : max(Self.nameWidthMin, width - taken)
        var table = Table([.left("QUEUE")] + shown.map { $0.title == "STATE" ? .left($0.title) : .right($0.title) })
        for (queue, cells) in zip(queues, cells) { table.add([shortened(queue.name, nameWidth)] + cells) }
        return table.rendered().split(separator: "\n").map(String.init)
    }

    private func shortened(_ name: String, _ width: Int) -> String {
        name.count <= width ? name : name.prefix(width - 1) + "…"
    }

    private func clip(_ line: String, _ width: Int) -> String { String(line.prefix(max(width, 1))) }
}
