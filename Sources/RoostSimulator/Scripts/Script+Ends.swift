import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage

// Scripts about crashes, restarts, the clock, and the room on the disk.

extension Script {
    static let ends: [Script] = [
        Script("shutdown") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 2, bytes: 20)
            try stage.restart()
            try stage.send("a", 2, bytes: 20)
            try stage.restart()
        },
        Script("two-crashes") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 2, bytes: 700)
            try stage.crash(.powerLosingAll)
            try stage.send("a", 2, bytes: 700)
            try stage.begin("a", 2, bytes: 700)
            try stage.crash(.power(seed: 5))
            try stage.receive("a")
        },
        // The page cache has more than the disk: a start writes it again, and can be cut anywhere.
        Script("crash-in-recovery", { $0.syncPolicy = .off }) { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 3, bytes: 700)
            try stage.crash(.process)
            try stage.send("a", 3, bytes: 700)
            try stage.crash(.process)
            try stage.crash(.process)
        },
        Script("roll-and-crash") { stage throws(Mismatch) in
            try stage.create("a")
            for _ in 0..<5 { try stage.send("a", bytes: 2000) }
            try stage.begin("a", 3, bytes: 2000)
            try stage.commit()
            try stage.crash(.power(seed: 9))
            try stage.send("a", bytes: 2000)
        },
        Script("sync-each-second", { $0.syncPolicy = .interval }) { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 2, bytes: 700)
            try stage.pass(1500)
            try stage.send("a", 2, bytes: 700)
            try stage.crash(.powerLosingAll)
        },
        Script("idle-mark") { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 2, bytes: 20)
            try stage.pass(1000)
            try stage.pass(1000)
            try stage.crash(.power(seed: 3))
        },
        Script("clock-steps") { stage throws(Mismatch) in
            try stage.create("a", QueueSettingsChange(retention: .seconds(3600)))
            try stage.send("a", 2, bytes: 20)
            try stage.receive("a", 1, visibility: .seconds(600))
            stage.stepWall(-7_200_000)
            try stage.restart()
            try stage.send("a", bytes: 20)
            stage.stepWall(172_800_000)
            try stage.crash(.process)
            try stage.pass(700_000)
        },
        Script("full-disk", { $0.snapshotGrowthBytesMin = 16_384 }) { stage throws(Mismatch) in
            try stage.create("a")
            try stage.send("a", 3, bytes: 1000)
            try stage.space(1000)
            for _ in 0..<16 { try stage.send("a", bytes: 1000) }
            try stage.receive("a", 3)
            try stage.deleteReceived()
            try stage.space(nil)
            try stage.pass(3000)
            try stage.send("a", 2, bytes: 1000)
        },
    ]

    static let upkeep: [Script] = [
        Script("cold-read", { $0.cacheBytes = 0 }) { stage throws(Mismatch) in
            try stage.create("a")
            for _ in 0..<4 { try stage.send("a", bytes: 900) }
            try stage.receive("a", 2)
            try stage.restart()
            try stage.receive("a", 2)
            try stage.deleteReceived()
        },
        Script("snapshot", { $0.snapshotGrowthBytesMin = 4096 }) { stage throws(Mismatch) in
            try stage.create("a", QueueSettingsChange(retention: .seconds(600)))
            try stage.send("a", 6, bytes: 900, delay: .seconds(1))
            try stage.send("a", 2, bytes: 900)
            try stage.crash(.powerLosingAll)
            try stage.send("a", bytes: 900)
        },
        Script("snapshot-and-roll", { $0.snapshotGrowthBytesMin = 4096 }) { stage throws(Mismatch) in
            try stage.create("a")
            for _ in 0..<6 { try stage.send("a", bytes: 2000) }
            // The log goes on while the snapshot waits for its name.
            try stage.begin("a", 3, bytes: 2000)
            try stage.commit()
            try stage.step(.snapshots, 3)
            try stage.send("a", 3, bytes: 1000)
            try stage.crash(.process)
        },
        Script("third-snapshot", { $0.growFast() }) { stage throws(Mismatch) in
            try stage.create("a")
            for _ in 0..<9 {
                try stage.send("a", 2, bytes: 15_000)
                try stage.receive("a")
                try stage.deleteReceived()
            }
            try stage.restart()
        },
        Script(
            "cleaning",
            {
                $0.growFast(); $0.cacheBytes = 0
            }
        ) { stage throws(Mismatch) in
            try stage.create("a")
            for round in 0..<9 {
                try stage.send("a", bytes: 100)
                try stage.send("a", 2, bytes: 15_000)
                try stage.deleteByID { $0 >= 3 * round && !$0.isMultiple(of: 3) }
            }
            try stage.receive("a", 4)
        },
        Script("cleaning-and-crash", { $0.growFast() }) { stage throws(Mismatch) in
            try stage.create("a")
            for round in 0..<8 {
                try stage.send("a", bytes: 100)
                try stage.send("a", 2, bytes: 15_000)
                try stage.deleteByID { $0 >= 3 * round && !$0.isMultiple(of: 3) }
            }
            try stage.begin("a", 2, bytes: 15_000)
            try stage.commit()
            try stage.step(.cleaning, 2)
            try stage.crash(.power(seed: 4))
            try stage.send("a", 2, bytes: 15_000)
            try stage.crash(.process)
        },
        Script("snapshot-fallback", { $0.growFast() }) { stage throws(Mismatch) in
            try stage.create("a")
            for _ in 0..<6 {
                try stage.send("a", 2, bytes: 15_000)
                try stage.receive("a")
                try stage.deleteReceived()
            }
            try stage.restart { disk in
                guard let files = try? disk.list() else { return }
                let newest = files.compactMap { found -> UInt64? in
                    if case .snapshot(let sequence) = found.file { sequence } else { nil }
                }.max()
                if let newest { disk.flip(.snapshot(newest), bit: 5000) }
            }
            try stage.send("a", bytes: 100)
            try stage.crash(.powerLosingAll)
        },
    ]
}

extension RunLimits {
    /// Large messages in few segments, so that few calls of the disk make several snapshots.
    mutating func growFast() {
        segmentBytes = 32_768
        messageBytesMax = 16_384
        snapshotGrowthBytesMin = 1
    }
}
