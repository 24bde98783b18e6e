import Glibc
import RoostLocalStorage
import RoostLog
import RoostModel
import RoostStorage
import Testing

/// A small data directory with one bit changed, or a file cut, zeroed or gone: the engine serves what was stored, or
/// refuses to start and names the place. It never delivers another body, and never starts empty.
///
/// ROOST_EVERY_BIT=1 takes every bit of every file. Without it: after a clean stop every bit of headers and of the
/// beginnings of two batches in each segment; and every 421st of the rest.
@Suite struct EveryBitTests {
    /// A directory and what is in it.
    struct Sample: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var disk: MemoryDisk
        var ready: [[UInt8]]
        var inFlight: Int
        var other: [[UInt8]]

        func has(_ file: LogFile) -> Bool { disk.contents(file) != nil }
    }

    static let orders = "orders"
    static let mails = "mails"

    private static func open(_ disk: MemoryDisk) throws -> Harness {
        try Harness(on: disk, logBegun: true) {
            $0.log.segmentBytes = 8192
            $0.log.batchBytesMax = 6000
            $0.messageBytesMax = 4096
            $0.snapshotGrowthBytesMin = 12_000
            $0.cacheBytes = 0
            $0.newSalt = { 77 }
        }
    }

    /// `isStopped`: after a clean stop; else after a pause, at the end of which everything is covered by a mark.
    static func make(isStopped: Bool) throws -> Sample {
        let disk = MemoryDisk()
        let harness = try Harness(on: disk) {
            $0.log.segmentBytes = 8192
            $0.log.batchBytesMax = 6000
            $0.messageBytesMax = 4096
            $0.snapshotGrowthBytesMin = 12_000
            $0.cacheBytes = 0
            $0.newSalt = { 5 }
        }
        let (orders, mails) = (try harness.create(Self.orders), try harness.create(Self.mails))
        var sample = Sample(
            testDescription: isStopped ? "stopped" : "idle", disk: disk, ready: [], inFlight: 2, other: [])
        for _ in 0..<2 { try harness.send("in flight", to: orders) }
        #expect(try harness.receive(orders, visibility: .seconds(3600)).count == 2)
        for round in 0..<200 where try !isFull(disk) {
            let texts = (0..<6).map { "\(round) \($0) " + String(repeating: "x", count: (round * 7 + $0) * 97 % 700) }
            let tokens = texts.flatMap { harness.submit(.send(orders, NewMessage(body: Array($0.utf8)))) }
            harness.run()
            for (text, token) in zip(texts, tokens) {
                guard case .sent(let sent) = try #require(harness.result(token)).get() else { throw Unexpected() }
                if token == tokens[0] {
                    sample.ready.append(Array(text.utf8))
                } else {
                    harness.submit(.deleteByID(orders, sent.id))
                }
            }
            if round % 5 == 1 {
                harness.submit(.send(mails, NewMessage(body: [UInt8(round)])))
                sample.other.append([UInt8(round)])
            }
            harness.run()
        }
        if isStopped {
            harness.storage.shutDown()
        } else {
            harness.clock.advance(.seconds(1))
        }
        harness.run()
        disk.settle()
        return sample
    }

    /// Two snapshots, and an old segment that was emptied.
    private static func isFull(_ disk: MemoryDisk) throws -> Bool {
        let files = try disk.list().map(\.file)
        return files.count { $0.isSnapshot } == 2 && !files.contains(.segment(1))
    }

    private struct Tally {
        var served = 0
        var refused = 0
        var damaged = 0
    }

    /// Opens a damaged copy. Records what is not allowed.
    private static func check(
        _ sample: Sample, _ disk: MemoryDisk, _ tally: inout Tally, _ what: @autoclosure () -> String
    ) {
        do {
            let harness = try open(disk)
            defer { harness.background.clear() }
            let (ready, other) = (try contents(harness, Self.orders), try contents(harness, Self.mails))
            let counts = (
                try harness.info(QueueName(Self.orders)).counts, try harness.info(QueueName(Self.mails)).counts
            )
            let isWhole =
                isPart(ready, of: sample.ready, missing: counts.0.damaged)
                && isPart(other, of: sample.other, missing: counts.1.damaged)
                && counts.0.inFlight == sample.inFlight + ready.count && counts.1.inFlight == other.count
            if !isWhole {
                Issue.record("\(what()): \(ready.count) and \(other.count) messages, \(counts)")
            }
            tally.served += 1
            tally.damaged += counts.0.damaged + counts.1.damaged
        } catch StartError.log(let error) {
            tally.refused += 1
            if !names(error, in: sample) { Issue.record("\(what()): \(error)") }
        } catch {
            Issue.record("\(what()): \(error)")
        }
    }

    private static func contents(_ harness: Harness, _ name: String) throws -> [[UInt8]] {
        try harness.receive(QueueName(name), maximum: 100, visibility: .seconds(60)).map(\.body)
    }

    /// The same in the same order, but for so many that are missing.
    private static func isPart(_ found: [[UInt8]], of all: [[UInt8]], missing: Int) -> Bool {
        var rest = all[...]
        for body in found {
            guard let place = rest.firstIndex(of: body) else { return false }
            rest = rest[(place + 1)...]
        }
        return found.count + missing == all.count
    }

    private static func names(_ error: LogError, in sample: Sample) -> Bool {
        switch error {
        case .damaged(let file, _, _), .segmentMissing(let file, _), .unsupported(let file, _),
            .snapshotsUnreadable(let file, _, _):
            LogFile(name: file) != nil
        default: false
        }
    }

    static let samples = [false, true]

    @Test(arguments: samples) func samplesAreIntact(isStopped: Bool) throws {
        let sample = try Self.make(isStopped: isStopped)
        let files = try sample.disk.list().map(\.file)
        #expect(files.count { $0.isSnapshot } == 2)
        #expect(!sample.has(.segment(1)), "no start could do without the snapshots")
        var tally = Tally()
        Self.check(sample, sample.disk.copy(), &tally, "intact")
        #expect(tally.served == 1 && tally.damaged == 0)
    }

    /// Tests that nothing passes which is wrong.
    @Test func anAlteredSampleIsNoticed() throws {
        let sample = try Self.make(isStopped: true)
        var other = sample
        other.ready[3][1] ^= 1
        var tally = Tally()
        withKnownIssue { Self.check(other, sample.disk.copy(), &tally, "altered") }
        other = sample
        other.ready.removeLast()
        withKnownIssue { Self.check(other, sample.disk.copy(), &tally, "one too many") }
        other = sample
        other.other.append([1])
        withKnownIssue { Self.check(other, sample.disk.copy(), &tally, "one missing") }
    }

    @Test(arguments: samples) func everyFlippedBit(isStopped: Bool) throws {
        let sample = try Self.make(isStopped: isStopped)
        let isWhole = getenv("ROOST_EVERY_BIT") != nil
        let stride = 421
        var (tally, bits) = (Tally(), 0)
        for (file, _) in try sample.disk.list() where file != .reserve {
            let bytes = sample.disk.contents(file) ?? []
            for bit in 0..<bytes.count * 8 {
                guard isWhole || bit % stride == 0 || isStopped && Self.isStructure(bit / 8, bytes, file) else {
                    continue
                }
                bits += 1
                let disk = sample.disk.copy()
                disk.flip(file, bit: bit)
                Self.check(sample, disk, &tally, "\(file.name) byte \(bit / 8) bit \(bit % 8)")
            }
        }
        print("\(bits) bits, \(sample.testDescription): \(tally)")
        #expect(tally.served > 0 && tally.refused > 0)
    }

    /// A header, or the beginning of one of the first batches and of its first record.
    private static func isStructure(_ byte: Int, _ bytes: [UInt8], _ file: LogFile) -> Bool {
        guard case .segment = file, byte >= 512 else { return byte < 64 }
        return byte < 512 + 2 * 512 && byte % 512 < 64 && bytes[byte / 512 * 512] != 0
    }

    @Test(arguments: samples) func everyFileCutZeroedOrGone(isStopped: Bool) throws {
        let sample = try Self.make(isStopped: isStopped)
        var tally = Tally()
        for (file, _) in try sample.disk.list() where file != .reserve {
            let bytes = sample.disk.contents(file) ?? []
            for start in stride(from: 0, to: bytes.count, by: 512) {
                let end = min(start + 512, bytes.count)
                let zeroed = Self.zeroing(bytes, start..<end)
                let ended = Self.zeroing(bytes, start..<bytes.count)
                let changes = [
                    ("cut at", Array(bytes.prefix(start))), ("sector zeroed at", zeroed), ("zeros from", ended),
                ]
                for (name, changed) in changes where !Self.isUnseen(name, file, start, sample) {
                    let disk = sample.disk.copy()
                    disk.replace(file, with: changed)
                    Self.check(sample, disk, &tally, "\(file.name) \(name) \(start)")
                }
            }
            let disk = sample.disk.copy()
            try disk.remove(file)
            if !Self.isUnseen("gone", file, 0, sample) { Self.check(sample, disk, &tally, "\(file.name) gone") }
        }
        print("files, \(sample.testDescription): \(tally)")
    }

    private static func zeroing(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var bytes = bytes
        for place in range { bytes[place] = 0 }
        return bytes
    }

    /// What no log can notice (docs/log-format.md, "What cannot be told apart"): the end of the newest segment with
    /// data turned to zeros, from the beginning of a batch on, or gone.
    private static func isUnseen(_ change: String, _ file: LogFile, _ start: Int, _ sample: Sample) -> Bool {
        guard case .segment = file, change != "cut at" else { return false }
        let newest = (try? sample.disk.list().map(\.file).last { isWritten($0, sample) }) ?? nil
        guard file == newest else { return false }
        let bytes = sample.disk.contents(file) ?? []
        // A sector behind which there is more is noticed.
        return change != "sector zeroed at" || !bytes[min(start + 512, bytes.count)...].contains { $0 != 0 }
    }

    private static func isWritten(_ file: LogFile, _ sample: Sample) -> Bool {
        guard case .segment = file, let bytes = sample.disk.contents(file) else { return false }
        return bytes[512...].contains { $0 != 0 }
    }
}
