import RoostLog
import RoostModel

// Scripts about FIFO queues, and about messages that go from one queue to another.

extension Script {
    static let fifo: [Script] = [
        Script("fifo-groups") { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(isFIFO: true))
            try stage.sendFIFO("f.fifo", "x/1", "x/2", "y/3", "x/4", "y/5")
            // Two of the three of a group: the third waits for them, whoever asks.
            try stage.receive("f.fifo", 2)
            try stage.receive("f.fifo", 10)
            try stage.receive("f.fifo", 10)
            // One is done, and one is given back: it comes again, before the third.
            try stage.deleteReceived { $0 == 0 }
            try stage.changeVisibility(1, to: .zero)
            try stage.receive("f.fifo", 10)
            try stage.deleteReceived()
            try stage.receive("f.fifo", 10)
        },
        Script("fifo-leases") { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(delay: .seconds(1), isFIFO: true))
            try stage.sendFIFO("f.fifo", "x/1", "x/2", "x/3", "y/4")
            try stage.pass(1500)
            try stage.receive("f.fifo", 3, visibility: .seconds(2))
            try stage.changeVisibility(1, to: .seconds(60))
            try stage.pass(3000)
            // The first one again, and the others are behind the second.
            try stage.receive("f.fifo", 10)
            try stage.bury(1)
            try stage.deleteReceived { $0 != 1 }
            try stage.receive("f.fifo", 10)
            try stage.kick("f.fifo")
            try stage.receive("f.fifo", 10)
        },
        Script("duplicates") { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(isFIFO: true))
            try stage.sendFIFO("f.fifo", "x/1", "x/1", "y/1", "y/2")
            try stage.receive("f.fifo", 10)
            try stage.deleteReceived()
            try stage.sendFIFO("f.fifo", "x/1")
            try stage.crash(.process)
            try stage.sendFIFO("f.fifo", "x/1", "y/2")
            try stage.pass(299_000)
            try stage.sendFIFO("f.fifo", "x/1")
            try stage.pass(2000)
            try stage.sendFIFO("f.fifo", "x/1", "x/1")
            try stage.purge("f.fifo")
            try stage.sendFIFO("f.fifo", "x/1")
        },
        // The sender does not know whether it was accepted, and sends again.
        Script("duplicate-in-doubt") { stage throws(Mismatch) in
            try stage.create(
                "f.fifo", QueueSettingsChange(isFIFO: true, deduplicationScope: .group))
            try stage.begin("f.fifo", fifo: "x/1")
            try stage.crash(.power(seed: 3))
            try stage.sendFIFO("f.fifo", "x/1", "y/1")
            try stage.begin("f.fifo", fifo: "x/2")
            try stage.commit()
            try stage.crash(.powerLosingAll)
            try stage.sendFIFO("f.fifo", "x/2")
            try stage.receive("f.fifo", 10)
            try stage.deleteReceived()
            try stage.restart()
            try stage.sendFIFO("f.fifo", "x/1", "y/1", "x/2")
        },
        Script("duplicates-in-snapshot", { $0.snapshotGrowthBytesMin = 4096 }) { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(isFIFO: true))
            for number in 0..<6 { try stage.sendFIFO("f.fifo", "x/\(number)", bytes: 900) }
            try stage.receive("f.fifo", 3)
            try stage.deleteReceived()
            try stage.crash(.powerLosingAll)
            for number in 0..<6 { try stage.sendFIFO("f.fifo", "x/\(number)", bytes: 900) }
        },
        Script("attempts", { $0.cacheBytes = 0 }) { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(isFIFO: true))
            try stage.sendFIFO("f.fifo", "x/1", "x/2", "y/3")
            try stage.restart()
            try stage.receive("f.fifo", 2, attempt: "t")
            try stage.pass(20_000)
            try stage.receive("f.fifo", 2, visibility: .seconds(40), attempt: "t")
            try stage.pass(20_000)
            try stage.receive("f.fifo", 1, attempt: "t")
            try stage.deleteReceived { $0 == 0 }
            try stage.receive("f.fifo", 10, attempt: "t")
        },
    ]

    static let transfers: [Script] = [
        Script("dead-letters") { stage throws(Mismatch) in
            try stage.create("d")
            try stage.create("a", try .dead(to: "d"))
            try stage.send("a", 3, bytes: 20)
            try stage.receive("a", 2, visibility: .zero)
            try stage.receive("a")
            try stage.receive("d", 1)
            try stage.deleteReceived()
            try stage.receive("d")
        },
        Script("fifo-dead-letters") { stage throws(Mismatch) in
            try stage.create("d.fifo", QueueSettingsChange(isFIFO: true))
            try stage.create("f.fifo", try .dead(to: "d.fifo", isFIFO: true))
            try stage.sendFIFO("f.fifo", "x/1", "y/2", "x/3", "x/4")
            try stage.receive("f.fifo", 2, visibility: .seconds(1))
            try stage.pass(2000)
            // What it would get once too often goes, and what was behind it comes.
            try stage.receive("f.fifo")
            try stage.crash(.process)
            try stage.receive("d.fifo", 1)
            try stage.receive("d.fifo")
            try stage.sendFIFO("f.fifo", "x/1")
        },
        Script("move-task") { stage throws(Mismatch) in
            try stage.create("d")
            try stage.create("a", try .dead(to: "d"))
            try stage.create("b", try .dead(to: "d"))
            try stage.send("a", 4, bytes: 20)
            try stage.send("b", 2, bytes: 20)
            for name in ["a", "b"] {
                try stage.receive(name, visibility: .zero)
                try stage.receive(name)
            }
            // One in half a second, and a crash between two.
            try stage.startMove("d", rate: 2)
            try stage.pass(600)
            try stage.crash(.process)
            for _ in 0..<6 { try stage.pass(600) }
            try stage.receive("a")
            try stage.receive("b")
        },
        Script("move-task-cancelled") { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(isFIFO: true))
            try stage.create("g.fifo", QueueSettingsChange(isFIFO: true))
            try stage.sendFIFO("f.fifo", "x/1", "y/2", "x/3", "x/4")
            try stage.startMove("f.fifo", to: "g.fifo", rate: 1)
            try stage.pass(1500)
            try stage.cancelMove()
            try stage.startMove("f.fifo", to: "g.fifo")
            try stage.pass(100)
            try stage.pass(100)
            try stage.receive("g.fifo", 3)
            try stage.startMove("f.fifo", to: "g.fifo")
            try stage.deleteQueue("g.fifo")
            try stage.pass(100)
        },
        Script("moves-by-id") { stage throws(Mismatch) in
            try stage.create("d")
            for name in ["a", "b"] {
                try stage.create(name, try .dead(to: "d"))
                try stage.send(name, 2, bytes: 20)
                try stage.receive(name, visibility: .zero)
                try stage.receive(name)
            }
            try stage.moveBack("d")
            try stage.receive("a")
            try stage.receive("b")
        },
        Script("allowed-sources") { stage throws(Mismatch) in
            try stage.create("d", QueueSettingsChange(deadLetterSources: DeadLetterSources.none))
            try stage.create("a", try .dead(to: "d"))
            try stage.change("d", QueueSettingsChange(deadLetterSources: .these([try stage.name("a")])))
            try stage.create("a", try .dead(to: "d"))
            try stage.create("b", try .dead(to: "d"))
            try stage.send("a", bytes: 20)
            try stage.receive("a", visibility: .zero)
            // A policy that stands goes on.
            try stage.change("d", QueueSettingsChange(deadLetterSources: DeadLetterSources.none))
            try stage.receive("a")
        },
    ]
}

extension QueueSettingsChange {
    /// Received twice is once too often.
    static func dead(to name: String, isFIFO: Bool? = nil) throws(Mismatch) -> Self {
        do throws(Rejection) {
            let policy = DeadLetterPolicy(target: try QueueName(name), receivesMax: 1)
            return Self(isFIFO: isFIFO, deadLetters: .some(policy))
        } catch {
            throw Mismatch("not a name: \(name)")
        }
    }
}
