import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// What happened in the golden directories, by name.
enum GoldenHistory {
    static let all: [String: @Sendable (MemoryDisk) throws -> Void] = ["v1": steps1And2, "v2": step3, "v3": keys]

    /// Queues with messages in every state, the last of them behind the newest of two snapshots.
    static func steps1And2(on disk: MemoryDisk) throws {
        let clock = ManualClock()
        let harness = try GoldenDirectory.open(disk, clock)
        let orders = try harness.create("orders")
        let slow = try harness.create("slow", .init(delay: .seconds(900), retention: .unlimited))
        let back = try harness.create("back", .init(visibilityTimeout: .seconds(60), redelivery: .back))
        let purged = try harness.create("purged")
        for number in 0..<40 {
            try harness.send("order \(number)", to: orders)
            try harness.send("back \(number)", to: back)
            try harness.send("purged \(number)", to: purged)
            clock.advance(Milliseconds(7))
        }
        let attributes = [
            MessageAttribute(name: "kind", type: "String", value: .text("größer")),
            MessageAttribute(name: "raw", type: "Binary.x", value: .binary([0, 255, 7])),
        ]
        _ = try harness.ask(.send(orders, NewMessage(body: Array("with attributes".utf8), attributes: attributes)))
        _ = try harness.ask(.send(orders, NewMessage(body: Array("years".utf8), delay: .seconds(86_400 * 400))))
        try harness.send("delayed", to: slow)
        let leased = try harness.receive(orders, maximum: 6)
        _ = try harness.ask(.delete(orders, leased[0].handle))
        _ = try harness.ask(.changeVisibility(orders, leased[1].handle, timeout: .zero))
        _ = try harness.ask(.changeVisibility(orders, leased[2].handle, timeout: .seconds(3600)))
        for message in try harness.receive(back, maximum: 3) {
            _ = try harness.ask(.changeVisibility(back, message.handle, timeout: .zero))
        }
        _ = try harness.ask(.pauseQueue(back, reason: "stock-taking"))
        _ = try harness.create("deleted")
        _ = try harness.ask(.deleteQueue(QueueName("deleted")))
        _ = try harness.ask(.purgeQueue(purged))
        try harness.send("after the purge", to: purged)
        clock.advance(.seconds(5))
        for number in 0..<20 { try harness.send("late \(number)", to: orders) }
        _ = try harness.receive(orders, maximum: 2, visibility: .seconds(43_200))
        harness.storage.shutDown()
    }

    /// What step 3 brought: groups, duplicates, dead letters, burials, moves, properties. Snapshots are of the second
    /// version of the image, and the records behind them are of the new kinds.
    private static func step3(on disk: MemoryDisk) throws {
        let clock = ManualClock()
        let harness = try GoldenDirectory.open(disk, clock)
        for round in 0..<5 {
            try sendOrders(harness, round)
            try groups(harness, "\(round)", clock)
            try deadLetters(harness, "\(round)")
            clock.advance(.seconds(1))
        }
        harness.storage.shutDown()
    }

    /// What step 4 brought: keys of all types, in two databases, with and without expiry. Snapshots are of the third
    /// version of the image; behind the newest one is a record of each kind of effect.
    private static func keys(on disk: MemoryDisk) throws {
        let clock = ManualClock()
        let harness = try GoldenDirectory.open(disk, clock)
        for round in 0..<5 {
            try sendOrders(harness, round)
            for database in [1, 15] as [UInt8] { try GoldenKeys.change(harness, database, round) }
            clock.advance(.seconds(1))
        }
        harness.storage.shutDown()
    }

    /// So that this directory, too, has six orders in flight and one that waits for years.
    private static func sendOrders(_ harness: Harness, _ round: Int) throws {
        let orders = try harness.create("orders")
        let labels = MessageLabels(sender: "AKIDROOST", trace: "Root=1-5759e988-bd862e3fe1be46a994272793")
        let groups = ["a", "b", nil]
        for number in 0..<6 {
            let body = Array("order \(round).\(number)".utf8)
            let message = NewMessage(body: body, group: groups[number % 3], labels: labels)
            _ = try harness.ask(.send(orders, message))
        }
        if round == 0 {
            _ = try harness.ask(.send(orders, NewMessage(body: Array("years".utf8), delay: .seconds(86_400 * 400))))
        }
        if round < 3 { _ = try harness.receive(orders, maximum: 2, visibility: .seconds(43_200)) }
    }

    private static func groups(_ harness: Harness, _ name: String, _ clock: ManualClock) throws {
        let properties: [String: String?] = ["sqs.Policy": "{}", "tag": "größer"]
        let change = QueueSettingsChange(
            isFIFO: true, deduplicationScope: name == "0" ? .group : .queue, properties: properties)
        let queue = try harness.create("groups-\(name).fifo", change)
        for number in 0..<12 {
            let message = NewMessage(
                body: Array("step \(number)".utf8), group: "g\(number % 4)",
                deduplication: Deduplication(id: "id-\(number / 2 * 2)"))
            _ = try harness.ask(.send(queue, message))
        }
        let leased = try harness.receive(queue, maximum: 3, visibility: .seconds(3600))
        _ = try harness.ask(.delete(queue, leased[0].handle))
        let burial = Burial(reason: "too hard", error: "line 7", by: "worker \(name)")
        for message in leased[1...] { _ = try harness.ask(.bury(queue, message.handle, burial)) }
        _ = try harness.ask(.kick(queue, count: 1))
        clock.advance(Milliseconds(11))
    }

    /// Some in the queue of dead letters, some back by a move that is over, and one move in the middle.
    private static func deadLetters(_ harness: Harness, _ name: String) throws {
        let dead = try harness.create("dead-\(name)", .init(deadLetterSources: .these([try QueueName("jobs-\(name)")])))
        let policy = DeadLetterPolicy(target: dead, receivesMax: 1)
        let jobs = try harness.create("jobs-\(name)", .init(visibilityTimeout: .seconds(60), deadLetters: policy))
        var ids: [MessageID] = []
        for number in 0..<8 { ids.append(try harness.send("job \(number)", to: jobs)) }
        for message in try harness.receive(jobs, maximum: 8) {
            _ = try harness.ask(.changeVisibility(jobs, message.handle, timeout: .zero))
        }
        _ = try harness.receive(jobs, maximum: 8)
        _ = try harness.ask(.moveByID(dead, to: jobs, [ids[0]]))
        guard case .moveTask(let first) = try harness.ask(.startMove(MoveOptions(from: dead, rate: 1))) else {
            throw Unexpected()
        }
        if name == "1" { _ = try harness.ask(.cancelMove(id: first.id)) }
    }
}
