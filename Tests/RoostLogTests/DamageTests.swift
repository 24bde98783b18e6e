import RoostLog
import RoostModel
import Testing

/// Damage of every kind to small logs. The rule for all of them: a start refuses, or it finds an unaltered beginning of
/// the log that holds at least every record that a mark covers, and says what it cut.
@Suite struct DamageTests {
    /// A log and what is known about it.
    struct Sample: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var disk: MemoryDisk
        var entries: [Entry]
        /// Some mark on the disk covers everything up to here.
        var covered: UInt64

        /// Offsets that no longer count, because a restart ended the data before them.
        func isVoid(_ file: LogFile, _ offset: Int) -> Bool {
            guard case .segment(let number) = file, let next = disk.contents(.segment(number + 1)) else { return false }
            guard next[32..<40].contains(where: { $0 != 0 }) else { return false }
            return offset >= Int(next[56]) | Int(next[57]) << 8
        }

        var segments: [LogFile] {
            get throws { try disk.files.filter { if case .segment = $0 { true } else { false } } }
        }
    }

    /// Three segments with data and one made ahead; the newest batch is not covered.
    static func plain() throws -> Sample {
        let disk = MemoryDisk()
        var log = try open(disk, salt: 11)
        var entries: [Entry] = []
        for number in 0..<15 {
            log.drain(.background, on: disk)
            let sizes = [700, number * 13, 250]
            entries += log.commit(sizes.map { payload(UInt64(number * 10_000 + $0), bytes: $0) }, on: disk)
        }
        log.drain(.background, on: disk)
        return Sample(testDescription: "plain", disk: disk, entries: entries, covered: log.appendedSequence - 3)
    }

    /// A torn tail that was cut, restarts with and without new records, a cut that was not finished, and a mark at the
    /// end.
    static func restarted() throws -> Sample {
        let disk = MemoryDisk()
        var log = try open(disk, salt: 21)
        var entries = log.commit([payload(1, bytes: 900), payload(2, bytes: 90)], on: disk)
        entries += log.commit([payload(3, bytes: 100)], on: disk)
        disk.overwrite(.segment(1), at: 4096, with: payload(4, bytes: 700))
        log = try open(disk, salt: 22)
        log = try open(disk, salt: 23)
        entries += log.commit([payload(5, bytes: 500)], on: disk)
        entries += log.commit([payload(6, bytes: 300)], on: disk)
        disk.overwrite(.segment(3), at: 5120, with: payload(7, bytes: 300))
        log = try open(disk, salt: 24)
        entries += log.commit([payload(8, bytes: 50)], on: disk)
        log.drain(.background, on: disk)
        log.appendMark(at: BrokerTime(milliseconds: 1_000_000))
        log.drain(.commit, on: disk)
        // As if two of the cuts had not reached the disk: what they void is still there, and looks like data.
        for (segment, source) in [(LogFile.segment(1), 3), (.segment(3), 4)] {
            let kept = disk.contents(segment) ?? []
            let stale = Array((disk.contents(.segment(UInt32(source))) ?? [])[512...])
            let padded =
                kept + [UInt8](repeating: 0, count: kept.count.isMultiple(of: 512) ? 0 : 512 - kept.count % 512)
            disk.replace(segment, with: Array((padded + stale + [UInt8](repeating: 7, count: 8192)).prefix(8192)))
        }
        return Sample(testDescription: "restarted", disk: disk, entries: entries, covered: log.appendedSequence - 1)
    }

    static var samples: [Sample] { get throws { [try plain(), try restarted()] } }

    /// Checks one damaged disk; returns whether it was refused.
    static func check(
        _ sample: Sample, _ disk: MemoryDisk, _ what: @autoclosure () -> String
    ) -> Bool {
        let (before, files) = (disk.copy(), (try? disk.files) ?? [])
        do throws(LogError) {
            let found = try recover(disk)
            let isBeginning = sample.entries.starts(with: found.entries)
            let holdsCovered = !sample.entries.dropFirst(found.entries.count).contains { $0.sequence <= sample.covered }
            let isTold = found.entries.count == sample.entries.count || found.summary.tornTail != nil
            if !isBeginning || !holdsCovered || !isTold { Issue.record("\(what()): \(found.summary)") }
            return false
        } catch {
            switch error {
            case .damaged, .unsupported, .segmentMissing, .logMissing: break
            default: Issue.record("\(what()): \(error)")
            }
            let isUntouched =
                (try? disk.files) == files && files.allSatisfy { disk.contents($0) == before.contents($0) }
            if !isUntouched { Issue.record("\(what()): a refused start changed files") }
            return true
        }
    }

    @Test func samplesAreIntact() throws {
        for sample in try Self.samples {
            let found = try recover(sample.disk.copy())
            #expect(found.entries == sample.entries)
            #expect(found.summary.tornTail == nil)
            #expect(try sample.segments.count >= 4)
        }
    }

    @Test(arguments: try samples)
    func everyFlippedBit(_ sample: Sample) throws {
        for file in try sample.segments {
            for byte in 0..<(sample.disk.contents(file)?.count ?? 0) {
                for bit in 0..<8 {
                    let disk = sample.disk.copy()
                    disk.flip(file, byte: byte, bit: bit)
                    let refused = Self.check(sample, disk, "\(file.name) byte \(byte) bit \(bit)")
                    if refused { continue }
                    // Nothing that counts flips unseen.
                    if sample.isVoid(file, byte) { continue }
                    #expect(try !disk.tornCopies.isEmpty, "\(file.name) byte \(byte) bit \(bit)")
                }
            }
        }
    }

    @Test(arguments: try samples)
    func everyTruncation(_ sample: Sample) throws {
        for file in try sample.segments {
            let bytes = sample.disk.contents(file) ?? []
            for count in 0..<bytes.count {
                let disk = sample.disk.copy()
                disk.replace(file, with: Array(bytes.prefix(count)))
                let refused = Self.check(sample, disk, "\(file.name) cut to \(count)")
                #expect(refused || sample.isVoid(file, count), "\(file.name) cut to \(count)")
            }
        }
    }

    /// The rest of a file turned to zeros, from every eighth byte on. In a segment that others follow it is found. In
    /// the last one it can take batches together with all marks for them, and leaves no trace: what stands before it
    /// stays.
    @Test(arguments: try samples)
    func everyEndTurnedToZeros(_ sample: Sample) throws {
        let intact = try recover(sample.disk.copy())
        for file in try sample.segments {
            guard case .segment(let number) = file, let bytes = sample.disk.contents(file) else { throw Unexpected() }
            let isLast = number == intact.summary.segments - 1
            for start in stride(from: 0, to: bytes.count, by: 8) {
                let disk = sample.disk.copy()
                disk.overwrite(file, at: start, with: [UInt8](repeating: 0, count: bytes.count - start))
                let isChanged = bytes[start...].contains { $0 != 0 }
                guard let found = try? recover(disk) else { continue }
                let before = zip(intact.entries, intact.locations).prefix { _, place in
                    place.segment < number || place.segment == number && Int(place.offset + place.length) + 16 <= start
                }
                let context: Comment = "\(file.name) zeros from \(start)"
                #expect(isLast || !isChanged || sample.isVoid(file, start), context)
                #expect(sample.entries.starts(with: found.entries), context)
                #expect(found.entries.count >= (isLast ? before.count : sample.entries.count), context)
            }
        }
    }

    @Test(arguments: try samples)
    func everySectorZeroedGarbledOrSwapped(_ sample: Sample) throws {
        let segments = try sample.segments
        for file in segments {
            let bytes = sample.disk.contents(file) ?? []
            for start in stride(from: 0, to: bytes.count - 511, by: 512) {
                var replacements = [[UInt8](repeating: 0, count: 512), payload(UInt64(start), bytes: 512)]
                // Sectors of this and of every other segment, written to the wrong place.
                for other in segments {
                    let source = sample.disk.contents(other) ?? []
                    for from in stride(from: 0, to: source.count - 511, by: 512) {
                        replacements.append(Array(source[from..<from + 512]))
                    }
                }
                for (index, sector) in replacements.enumerated() {
                    let disk = sample.disk.copy()
                    disk.overwrite(file, at: start, with: sector)
                    _ = Self.check(sample, disk, "\(file.name) sector at \(start), replacement \(index)")
                }
            }
        }
    }

    @Test(arguments: try samples)
    func everyMissingFile(_ sample: Sample) throws {
        for file in try sample.segments {
            let disk = sample.disk.copy()
            try disk.remove(file)
            let isLast = try sample.segments.last == file
            #expect(Self.check(sample, disk, "\(file.name) missing") != isLast, "the last one holds nothing yet")
        }
    }
}
