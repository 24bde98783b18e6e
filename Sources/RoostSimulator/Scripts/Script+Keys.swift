import RoostLog
import RoostModel
import RoostStorage

// Scripts about queues that are keys.

extension Script {
    static let keys: [Script] = pops + transactions + waiters

    private static let pops: [Script] = [
        Script("pops") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.run(.push("a", stage.elements(1)))
            try stage.run(.push("a", stage.elements(4)))
            try stage.send("a", 2, bytes: 20)
            try stage.receive("a", 2)
            // What is in flight is not popped, and what is popped is not received.
            try stage.run(.pop("a"), .range("a"))
            try stage.run(.pop("a", 2))
            try stage.crash(.process)
            try stage.run(.pop("a", 10))
            try stage.deleteReceived()
            try stage.run(.pop("a"))
        },
        Script("cold-pop", { $0.cacheBytes = 0 }) { stage throws(Mismatch) in
            try stage.create("a")
            try stage.create("b")
            for _ in 0..<4 { try stage.run(.push("a", stage.elements(1, bytes: 900))) }
            try stage.restart()
            try stage.run(.pop("a"))
            try stage.run(.move("a", "b"), .range("a"), .range("b"))
            try stage.wait(for: "a") { .popFirst($0, .left, count: 5) }
            try stage.run(.pop("b"))
        },
        Script("pop-dead-letters") { stage throws(Mismatch) in
            try stage.create("d")
            try stage.create("a", try .dead(to: "d"))
            try stage.send("a", 3, bytes: 20)
            try stage.receive("a", 2, visibility: .zero)
            try stage.run(.pop("a", 2))
            try stage.run(.pop("a", 2))
            try stage.crash(.power(seed: 6))
            try stage.run(.pop("d"))
            try stage.run(.range("d"))
        },
        Script("pop-in-order") { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(isFIFO: true))
            try stage.sendFIFO("f.fifo", "x/1", "x/2", "y/3", "x/4", "y/5")
            try stage.receive("f.fifo", 1)
            // The group of what is in flight is passed over.
            try stage.run(.pop("f.fifo"))
            try stage.run(.move("f.fifo", "l1"))
            try stage.run(.pop("f.fifo", 5))
            try stage.deleteReceived()
            try stage.run(.pop("f.fifo", 5))
        },
        Script("groups-and-pops", { $0.growFast() }) { stage throws(Mismatch) in
            try stage.create("f.fifo", QueueSettingsChange(isFIFO: true))
            for round in 0..<7 {
                try stage.sendFIFO("f.fifo", "keep/k\(round)", bytes: 50)
                try stage.sendFIFO("f.fifo", "x/\(round)", "y/\(round)", bytes: 15_000)
                try stage.receive("f.fifo", 1)
                try stage.run(.pop("f.fifo", 2))
                try stage.changeVisibility(round, to: .zero)
            }
            try stage.crash(.powerLosingAll)
            try stage.run(.pop("f.fifo", 9))
        },
    ]

    private static let transactions: [Script] = [
        Script("transaction") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.create("b")
            try stage.run(.push("l1", stage.elements(3)))
            try stage.run(.push("a", stage.elements(2)), .move("a", "b"), .move("l1", "a"), .pop("a"), .pop("l1"))
            try stage.run(.move("b", "l1"), .push("b", stage.elements(2)), .delete("a", "l1"))
            try stage.begin(.push("b", stage.elements(3, bytes: 700)), .push("l1", stage.elements(1)), .pop("b"))
            try stage.crash(.process)
            try stage.run(.range("b"), .range("l1"))
        },
        // Its first records are in the log, and others are not.
        Script("half-a-transaction") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.run(.push("l1", stage.elements(2)))
            for seed in [2, 3, 5, 8] as [UInt64] {
                try stage.begin(
                    .push("a", stage.elements(3, bytes: 600)), .move("l1", "a"), .push("l1", stage.elements(1)))
                try stage.commit(cutBy: .power(seed: seed))
                try stage.run(.range("a"), .range("l1"))
                try stage.send("a", bytes: 20)
            }
        },
        Script("watched-queue") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.watch("a", "l1")
            try stage.send("a", bytes: 20)
            try stage.run(.pop("a"), .push("l1", stage.elements(1)), ifHeld: stage.watchNumber)
            try stage.watch("a")
            try stage.run(.pop("a"), .push("a", stage.elements(1)), ifHeld: stage.watchNumber)
            try stage.receive("a", visibility: .seconds(1))
            try stage.watch("a")
            try stage.pass(2000)
            try stage.run(.pop("a"), ifHeld: stage.watchNumber)
        },
        Script("published") { stage throws(Mismatch) in
            for name in ["a", "b"] { try stage.create(name) }
            try stage.bind("a", to: "c:*")
            try stage.bind("b", to: "c:b")
            for channel in ["c:a", "c:b", "e"] {
                for element in stage.elements(2) { try stage.run(.publish(channel, element)) }
            }
            try stage.run(.publish("c:b", stage.elements(1)[0]), .pop("a"), .push("l1", stage.elements(1)))
            try stage.crash(.power(seed: 12))
            // It refuses, and so nobody gets it.
            try stage.change("b", QueueSettingsChange(maximumMessageBytes: 100))
            try stage.run(.publish("c:b", stage.elements(1, bytes: 101)[0]))
            try stage.run(.pop("a", 10), .pop("b", 10))
        },
        Script("purged-as-keys") { stage throws(Mismatch) in
            for name in ["a", "b"] { try stage.create(name) }
            try stage.run(.push("a", stage.elements(2)), .push("b", stage.elements(1)), .push("l1", stage.elements(1)))
            try stage.receive("a", 1)
            try stage.run(.delete("a", "l1", "a"))
            try stage.run(.push("a", stage.elements(2)), .push("l1", stage.elements(1)))
            try stage.run(.key(.flush))
            try stage.deleteReceived()
            try stage.deleteQueue("a")
            // A list under its name: no queue can be there.
            try stage.run(.push("a", stage.elements(1)))
            try stage.create("a")
            try stage.run(.move("b", "a"), .move("a", "b"))
            try stage.create("a")
        },
    ]

    private static let waiters: [Script] = [
        Script("one-line") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.receive("a", 1, wait: .seconds(60))
            try stage.wait(for: "l1", "a") { .popFirstElement($0, .left) }
            try stage.receive("a", 1, wait: .seconds(60))
            try stage.wait(for: "a") { .move(from: $0[0], .left, to: Bytes("l1".utf8), .left) }
            try stage.run(.push("a", stage.elements(1)))
            try stage.expectWaiting(receives: false, true, false)
            try stage.send("a", bytes: 20)
            try stage.expectWaiting(receives: true, false)
            try stage.run(.push("a", stage.elements(2)))
            try stage.expectWaiting()
            try stage.run(.range("l1"))
        },
        Script("paused-for-waiters") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.pause("a")
            try stage.wait(for: "a", "l1") { .popFirst($0, .left, count: 2) }
            try stage.wait(for: "a") { .popFirstElement($0, .left) }
            try stage.send("a", 2, bytes: 20)
            try stage.pass(100)
            try stage.expectWaiting(receives: false, false)
            try stage.run(.push("l1", stage.elements(1)))
            try stage.expectWaiting(receives: false)
            try stage.resume("a")
            try stage.expectWaiting()
            try stage.run(.range("a"))
        },
        // The first one goes away while the body is read for it: the second one gets the message.
        Script("cancelled-while-reading", { $0.cacheBytes = 0 }) { stage throws(Mismatch) in
            try stage.create("a")
            try stage.run(.push("a", stage.elements(1)))
            try stage.pause("a")
            try stage.restart()
            try stage.wait(for: "a") { .popFirstElement($0, .left) }
            try stage.wait(for: "a") { .popFirstElement($0, .left) }
            try stage.begin([.resumeQueue(try stage.name("a"))])
            stage.cancelFirst()
            try stage.rest()
            try stage.expectWaiting()
            try stage.run(.range("a"))
        },
        Script("waiting-for-a-name") { stage throws(Mismatch) in
            try stage.wait(for: "a") { .popFirstElement($0, .left) }
            try stage.wait(for: "a") { .popFirstElement($0, .left) }
            try stage.create("a", QueueSettingsChange(delay: .seconds(1)))
            try stage.run(.push("a", stage.elements(1)))
            try stage.expectWaiting(receives: false, false)
            try stage.pass(1500)
            try stage.expectWaiting(receives: false)
            try stage.deleteQueue("a")
            try stage.run(.push("a", stage.elements(1)))
            try stage.expectWaiting()
        },
    ]
}
