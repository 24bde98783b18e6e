import RoostLog
import RoostModel
import Testing

/// A failed write or sync is final: the kernel may have dropped the data and report success the next time.
@Suite struct FailureTests {
    @Test(arguments: [DiskError.Call.write, .sync], [SyncPolicy.always, .interval, .off])
    func nothingIsReleasedAfterTheNthFailure(_ call: DiskError.Call, _ policy: SyncPolicy) throws {
        var failures = 0
        for nth in 1...40 {
            let disk = MemoryDisk()
            var log = try open(disk, smallConfiguration(policy))
            disk.fail(call, nth: disk.count(of: call) + nth, errno: 5)
            var released = 0
            var appended: [Entry] = []
            for number in 0..<30 where log.hasRoom(payloadBytes: 900) {
                appended.append(log.add(payload(UInt64(number), bytes: 900)))
                drain(&log, on: disk)
                released = Int(log.releasableSequence)
            }
            guard log.failure != nil else { continue }
            failures += 1
            try checkFailed(&log, disk, call, released: released, appended: appended)
        }
        // The preparations of segments use both calls too and are not final, so not every n ends the log.
        #expect(failures > (policy == .always ? 15 : 3))
    }

    /// Preparations run on a disk of their own count: their failures are not the subject here.
    private func drain(_ log: inout Log, on disk: MemoryDisk) {
        log.drain(.commit, on: disk)
        log.retryPreparation()
        log.drain(.background, on: disk)
    }

    private func checkFailed(
        _ log: inout Log, _ disk: MemoryDisk, _ call: DiskError.Call, released: Int, appended: [Entry]
    ) throws {
        switch log.failure {
        case .writeFailed(let error): #expect(call == .write && error.errno == 5)
        case .syncFailed(let error): #expect(call == .sync && error.errno == 5)
        default: throw Unexpected()
        }
        let (writes, syncs, releasable) = (disk.count(of: .write), disk.count(of: .sync), log.releasableSequence)
        #expect(log.hasRoom(payloadBytes: 1) == false)
        log.requestSync()
        log.drain(.commit, on: disk)
        log.drain(.background, on: disk)
        #expect(disk.count(of: .write) == writes, "no write after it")
        #expect(disk.count(of: .sync) == syncs, "no second try")
        #expect(log.releasableSequence == releasable)

        // The process ends, and the cache is kept or lost.
        for crash in [Crash.process, .powerLosingAll, .power(seed: 1), .power(seed: 2)] {
            let after = disk.copy()
            after.crash(crash)
            let found = try recover(after)
            let isAlways = log.configuration.syncPolicy == .always
            let needed = if case .process = crash { released } else { isAlways ? released : Int(log.syncedSequence) }
            #expect(found.entries.count >= needed)
            #expect(appended.starts(with: found.entries))
        }
    }

    @Test func afterAFailedSyncTheDiskLooksHealthyAndIsNot() throws {
        let disk = MemoryDisk()
        var log = try open(disk)
        log.commit([[1]], on: disk)
        disk.fail(.sync, nth: disk.count(of: .sync) + 1, errno: 5)
        log.commit([[2]], on: disk)
        #expect(log.failure != nil)
        #expect(log.releasableSequence == 1)
        // The next sync would report success, and the record would be gone.
        try disk.sync(.segment(1))
        disk.crash(.powerLosingAll)
        #expect(try recover(disk).entries.map(\.payload) == [[1]])
    }

    @Test func texts() {
        let error = DiskError(.sync, "00000001.log", .system(5))
        #expect(LogError.syncFailed(error).description.hasPrefix("sync 00000001.log: Input/output error."))
        let damaged = LogError.damaged(file: "00000002.log", offset: 1024, problem: "x")
        #expect(damaged.description.contains("00000002.log is damaged at offset 1024"))
        #expect(damaged.description.contains("restore the file from a copy"))
    }
}
