import RoostLog
import RoostModel
import RoostStorage

/// A small history with a name. It is run once as it is, then once for each call of the disk and each way to fail
/// there.
struct Script: Sendable {
    let name: String
    let limits: RunLimits
    let play: @Sendable (Stage) throws(Mismatch) -> Void

    init(
        _ name: String, _ change: (inout RunLimits) -> Void = { _ in },
        _ play: @escaping @Sendable (Stage) throws(Mismatch) -> Void
    ) {
        self.name = name
        var limits = RunLimits()
        limits.segmentBytes = 8192
        limits.messageBytesMax = 4096
        limits.snapshotGrowthBytesMin = 1 << 30
        change(&limits)
        self.limits = limits
        self.play = play
    }

    static let all: [Script] = messages + queues + fifo + transfers + keys + ends + upkeep

    private static let messages: [Script] = [
        Script("first-message") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", bytes: 5)
        },
        Script("segment-roll") { stage throws(Mismatch) in
            try stage.create("a")
            for _ in 0..<8 { try stage.send("a", bytes: 1500) }
            try stage.receive("a")
            try stage.deleteReceived()
        },
        Script(
            "large-body",
            {
                $0.segmentBytes = 32_768; $0.messageBytesMax = 20_480
            }
        ) { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", bytes: 10)
            for _ in 0..<3 { try stage.send("a", bytes: 12_000) }
            try stage.receive("a", 2)
            try stage.deleteReceived()
        },
        Script("many-in-a-batch") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 30, bytes: 60)
            try stage.receive("a", 10)
            try stage.deleteReceived { $0.isMultiple(of: 2) }
        },
        Script("lease-and-expiry") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 3, bytes: 20)
            try stage.receive("a", 2, visibility: .seconds(1))
            try stage.pass(2000)
            try stage.receive("a", 3, visibility: .seconds(5))
            try stage.deleteReceived()
        },
        Script("visibility") { stage throws(Mismatch) in
            try stage.create("a", QueueSettingsChange(redelivery: .back))
            try stage.send("a", 3, bytes: 20)
            try stage.receive("a", 3)
            try stage.changeVisibility(0, to: .zero)
            try stage.changeVisibility(1, to: .seconds(90))
            try stage.giveBack(2)
            try stage.receive("a", 3)
        },
        Script("deletes") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 6, bytes: 20)
            try stage.receive("a", 2, visibility: .zero)
            try stage.receive("a", 2)
            try stage.deleteReceived()
            try stage.deleteByID { $0 > 3 }
        },
        Script("delay") { stage throws(Mismatch) in
            try stage.create("a", QueueSettingsChange(delay: .seconds(3)))
            try stage.send("a", 2, bytes: 20)
            try stage.send("a", bytes: 20, delay: .zero)
            try stage.pass(5000)
            try stage.receive("a")
        },
        Script("retention") { stage throws(Mismatch) in
            try stage.create("a", QueueSettingsChange(retention: .seconds(10)))
            try stage.send("a", 3, bytes: 20)
            try stage.receive("a", 1)
            try stage.pass(11_000)
            try stage.send("a", bytes: 20)
        },
        Script("waiting-receive") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.receive("a", 2, wait: .seconds(5))
            try stage.pass(100)
            try stage.send("a", 3, bytes: 20)
            try stage.receive("a", 10, wait: .seconds(2))
            try stage.receive("a", 10, wait: .seconds(2))
            try stage.pass(3000)
        },
    ]

    private static let queues: [Script] = [
        Script("settings") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", bytes: 20)
            try stage.change("a", QueueSettingsChange(visibilityTimeout: .seconds(1), retention: .seconds(600)))
            try stage.change("a", QueueSettingsChange(redelivery: .back))
        },
        Script("pause") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.pause("a")
            try stage.send("a", bytes: 20)
            try stage.receive("a")
            try stage.resume("a")
            try stage.receive("a")
        },
        Script("purge-in-slices", { $0.segmentBytes = 65_536 }) { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 1100, bytes: 4)
            try stage.purge("a")
            try stage.send("a", 2, bytes: 4)
        },
        Script("delete-queue") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.create("b")
            try stage.send("a", 4, bytes: 50)
            try stage.receive("a", 2)
            try stage.receive("b", 2, wait: .seconds(9))
            try stage.deleteQueue("b")
            try stage.deleteQueue("a")
            try stage.create("a")
            try stage.send("a", bytes: 50)
        },
    ]
}
