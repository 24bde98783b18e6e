import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// The bound on disk space: twice the framed records of living messages, and the log since the older snapshot, and
/// three snapshots, and four segments. One message in a thousand is never deleted.
@Suite struct DiskBoundTests {
    struct Load: Sendable, CustomTestStringConvertible {
        var bodyBytes: Int
        var segmentBytes: Int
        var snapshotGrowthBytes: Int
        var messages: Int
        /// Sent in one turn, deleted in the next one.
        var batch: Int
        var testDescription: String { "\(bodyBytes) bytes" }
    }

    static let loads = [
        Load(bodyBytes: 100, segmentBytes: 65_536, snapshotGrowthBytes: 200_000, messages: 150_000, batch: 50),
        Load(bodyBytes: 102_400, segmentBytes: 1 << 20, snapshotGrowthBytes: 4_000_000, messages: 8_000, batch: 4),
    ]

    private func harness(_ load: Load, _ disk: MemoryDisk = MemoryDisk(), logBegun: Bool = false) throws -> Harness {
        try Harness(on: disk, logBegun: logBegun) {
            $0.log.segmentBytes = load.segmentBytes
            $0.messageBytesMax = 120_000
            $0.snapshotGrowthBytesMin = load.snapshotGrowthBytes
            $0.cacheBytes = 0
        }
    }

    /// Whenever the background has done what there was to do, the files of the log are within the bound, as their own
    /// names and sizes give it. `RESERVE` holds no data and has a size of its own, which follows from what is stored.
    @Test(arguments: loads) func filesFollowWhatLives(_ load: Load) throws {
        let harness = try harness(load)
        let kept = try send(load, to: harness) { harness in
            harness.run()
            let files = try DiskUse(harness)
            let allowed = files.allowed(log: files.newer, load)
            return (files.used, allowed)
        }
        try checkEnd(load, harness, kept)
    }

    /// While the background is one step behind each turn, snapshots and segments that are to go are still there: then
    /// the files are within the bound for the log as long as it gets between two snapshots.
    @Test(arguments: loads) func filesThatAreToGoAreFew(_ load: Load) throws {
        let harness = try harness(load)
        let kept = try send(load, to: harness) { harness in
            let files = try DiskUse(harness)
            let log = 2 * (max(load.snapshotGrowthBytes, files.snapshotBytes) + load.segmentBytes)
            return (files.used, files.allowed(log: log, load))
        }
        try checkEnd(load, harness, kept)
    }

    private func checkEnd(_ load: Load, _ harness: Harness, _ kept: [[UInt8]]) throws {
        let metrics = harness.storage.metrics
        #expect(metrics.messagesMoved > 0)
        #expect(metrics.segmentsRemoved > 50)
        #expect(metrics.snapshots > 5)
        let second = try self.harness(load, harness.disk.afterPowerCut(), logBegun: true)
        #expect(try second.receive(QueueName("orders"), maximum: 1000).map(\.body) == kept)
    }

    /// Returns the bodies that are never deleted. `use`: what is used and what is allowed, asked after every turn.
    private func send(
        _ load: Load, to harness: Harness, _ use: (Harness) throws -> (used: Int, allowed: Int)
    ) throws -> [[UInt8]] {
        let queue = try harness.create("orders")
        var kept: [[UInt8]] = []
        var most = 0.0
        for first in stride(from: 0, to: load.messages, by: load.batch) {
            let bodies = (first..<first + load.batch).map { body($0, load) }
            let tokens = bodies.flatMap { harness.submit(.send(queue, NewMessage(body: $0))) }
            try harness.runOnce(until: tokens)
            var deletes: [UInt64] = []
            for (offset, token) in tokens.enumerated() {
                guard case .sent(let sent) = try #require(harness.result(token)).get() else { throw Unexpected() }
                if (first + offset) % 1000 == 500 {
                    kept.append(bodies[offset])
                } else {
                    deletes += harness.submit(.deleteByID(queue, sent.id))
                }
            }
            try harness.runOnce(until: deletes)
            let (used, allowed) = try use(harness)
            most = max(most, Double(used) / Double(allowed))
            try #require(used <= allowed, "after \(first + load.batch) messages")
        }
        #expect(most > 0.4, "so far below the bound that the sum must be wrong: \(most)")
        return kept
    }

    /// A text that says which message it is in.
    private func body(_ number: Int, _ load: Load) -> [UInt8] {
        let name = Array("\(number) ".utf8)
        return name + [UInt8](repeating: UInt8(97 + number / 1000 % 26), count: load.bodyBytes - name.count)
    }
}

/// Sizes of the files of a log.
private struct DiskUse {
    /// All but `RESERVE`.
    var used = 0
    /// Segments from the one on in which the older snapshot lies, without those made ahead. With fewer than two
    /// snapshots all of the log has to stay.
    var newer = 0
    var snapshotBytes = 0
    var liveBytes: Int

    init(_ harness: Harness) throws {
        liveBytes = harness.storage.metrics.liveBytes
        let files = try harness.disk.list()
        let snapshots = files.filter { $0.file.isSnapshot }
        snapshotBytes = snapshots.map(\.bytes).max() ?? 0
        let older = snapshots.dropLast().last.flatMap { harness.disk.contents($0.file) }.map(Self.segment) ?? 0
        for (file, bytes) in files {
            if file != .reserve { used += bytes }
            if case .segment(let number) = file, number >= older, Self.holdsData(file, harness.disk) { newer += bytes }
        }
    }

    func allowed(log: Int, _ load: DiskBoundTests.Load) -> Int {
        2 * liveBytes + log + 3 * snapshotBytes + 4 * load.segmentBytes
    }

    /// The one in which the position of a snapshot lies, as its header says.
    private static func segment(ofSnapshot bytes: [UInt8]) -> UInt32 {
        bytes[16..<20].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func holdsData(_ file: LogFile, _ disk: MemoryDisk) -> Bool {
        disk.contents(file).map { $0[512..<1024].contains { $0 != 0 } } ?? false
    }
}

extension Harness {
    /// Turns with one step of background work each, until these are answered.
    fileprivate func runOnce(until tokens: [UInt64]) throws {
        for _ in 0..<1000 {
            _ = storage.runTurn()
            storage.commit()
            background.step()
            if tokens.allSatisfy({ result($0) != nil }) { return }
        }
        throw Unexpected()
    }
}
