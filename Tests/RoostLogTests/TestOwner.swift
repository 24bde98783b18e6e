import RoostLog
import RoostModel
import Synchronization

/// A state as small as possible: the records that were not removed, and where they lie.
struct TestOwner: LogOwner {
    /// A record of this kind removes the one whose sequence is its payload.
    static let removal: UInt8 = 200

    private(set) var found = Found()
    /// Calls, for the order in which a start makes them.
    private(set) var calls: [String] = []
    /// Thrown by `apply` for this sequence.
    var refusedSequence: UInt64?
    var refusesSnapshots = false

    mutating func restart() {
        found = Found()
        calls.append("restart")
    }

    mutating func take(section: UnsafeRawBufferPointer) throws {
        if calls.last != "take" { calls.append("take") }
        guard section.count >= 29 else { throw Unexpected() }
        func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: Number.Type) -> Number {
            section.loadUnaligned(fromByteOffset: offset, as: type)
        }
        found.entries.append(
            Entry(
                kind: section[28], time: number(8, Int64.self), sequence: number(0, UInt64.self),
                payload: Array(section[29...])))
        found.locations.append(
            RecordLocation(
                segment: number(16, UInt32.self), offset: number(20, UInt32.self), length: number(24, UInt32.self)))
    }

    mutating func endSnapshot() throws {
        calls.append("end")
        if refusesSnapshots { throw Unexpected() }
    }

    mutating func apply(_ record: RecoveredRecord) throws {
        if record.sequence == refusedSequence { throw Unexpected() }
        let entry = Entry(
            kind: record.kind, time: record.time.milliseconds, sequence: record.sequence,
            payload: Array(record.payload))
        found.add(entry, record.location)
    }

    func liveSegments() -> Set<UInt32> { Set(found.locations.map(\.segment)) }
}

extension Found {
    mutating func add(_ entry: Entry, _ location: RecordLocation) {
        guard entry.kind == TestOwner.removal else {
            entries.append(entry)
            locations.append(location)
            return
        }
        let sequence = entry.payload.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        guard let index = entries.firstIndex(where: { $0.sequence == sequence }) else { return }
        entries.remove(at: index)
        locations.remove(at: index)
    }

    /// One section for each record.
    var sections: [[UInt8]] {
        zip(entries, locations).map { entry, location in
            var bytes: [UInt8] = []
            func append(_ number: some FixedWidthInteger) {
                withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
            }
            append(entry.sequence)
            append(entry.time)
            append(location.segment)
            append(location.offset)
            append(location.length)
            return bytes + [entry.kind] + entry.payload
        }
    }
}

/// A log and the state that it keeps, as a broker has them.
struct TestBroker: ~Copyable {
    var log: Log
    var found: Found
    let disk: any Disk

    init(
        _ disk: any Disk, _ configuration: LogConfiguration = smallConfiguration(), salt: UInt64 = 1,
        expectsData: Bool = false
    ) throws(LogError) {
        var found = Found()
        log = try open(disk, configuration, expectsData: expectsData, salt: salt, found: &found)
        self.found = found
        self.disk = disk
    }

    @discardableResult
    mutating func send(_ payload: [UInt8], kind: UInt8 = 1, at time: Int64 = 1_000_000) -> UInt64 {
        if !log.hasRoom(payloadBytes: payload.count) {
            log.drain(.commit, on: disk)
            log.drain(.background, on: disk)
        }
        let location = log.append(kind: kind, payloadBytes: payload.count, at: BrokerTime(milliseconds: time)) {
            $0.copyBytes(from: payload)
        }
        let entry = Entry(kind: kind, time: time, sequence: log.appendedSequence, payload: payload)
        found.add(entry, location)
        return entry.sequence
    }

    mutating func remove(_ sequence: UInt64) {
        send(withUnsafeBytes(of: sequence.littleEndian) { Array($0) }, kind: TestOwner.removal)
    }

    mutating func commit() {
        log.drain(.commit, on: disk)
        log.drain(.background, on: disk)
    }

    /// A record and a commit for each of the numbers.
    mutating func commit(_ numbers: Range<UInt64>, bytes: Int) {
        for number in numbers {
            send(payload(number, bytes: bytes))
            commit()
        }
    }

    /// A job for what is there now, which takes more space at first than it needs.
    mutating func snapshotJob() -> SnapshotJob {
        let source = SectionSource(found.sections)
        let bytes = found.sections.reduce(8192) { $0 + $1.count }
        return SnapshotJob(
            position: log.position, segments: log.segments, salt: log.snapshotSalt(), sections: { source.next(&$0) },
            expectedBytes: bytes)
    }

    mutating func snapshot() throws {
        var job = snapshotJob()
        while true {
            switch try job.step(on: disk) {
            case .wrote: continue
            case .complete:
                log.requestSync()
                log.drain(.commit, on: disk)
            case .published(let facts):
                log.snapshotPublished(facts)
                while let file = log.nextSnapshotToRemove() { try disk.remove(file) }
                return
            }
        }
    }

    /// Removes old segments in which nothing lives.
    mutating func removeDeadSegments() throws {
        let living = Set(found.locations.map(\.segment))
        for facts in log.oldSegments() where !living.contains(facts.number) {
            try disk.remove(facts.file)
            try disk.syncDirectory()
            log.removed(facts.number)
        }
    }
}

/// Gives sections one by one, from whatever thread asks.
final class SectionSource: Sendable {
    private let rest: Mutex<ArraySlice<[UInt8]>>

    init(_ sections: [[UInt8]]) { rest = Mutex(sections[...]) }

    func next(_ section: inout [UInt8]) -> Bool {
        guard let next = rest.withLock({ $0.popFirst() }) else { return false }
        section = next
        return true
    }
}
