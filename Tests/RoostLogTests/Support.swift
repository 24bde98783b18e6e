import CRoost
import RoostLog
import RoostModel

/// A record as it went in or came out.
struct Entry: Hashable {
    var kind: UInt8
    var time: Int64
    var sequence: UInt64
    var payload: [UInt8]
}

/// Small segments, so that logs of a few records roll.
func smallConfiguration(_ policy: SyncPolicy = .always, segmentBytes: Int = 8192) -> LogConfiguration {
    LogConfiguration(segmentBytes: segmentBytes, batchBytesMax: 6000, syncPolicy: policy)
}

/// What a start found, without the log.
struct Found {
    var entries: [Entry] = []
    var locations: [RecordLocation] = []
    var summary = RecoverySummary()
}

func open(
    _ disk: any Disk, _ configuration: LogConfiguration = smallConfiguration(), expectsData: Bool = false,
    salt: UInt64 = 1, now: Int64 = 1_000_000, found: inout Found
) throws(LogError) -> Log {
    var owner = TestOwner()
    let log = try Recovery.open(
        disk, configuration: configuration, expectsData: expectsData, newSalt: salt,
        now: BrokerTime(milliseconds: now), owner: &owner)
    found = owner.found
    found.summary = log.recovery
    return log
}

func open(
    _ disk: any Disk, _ configuration: LogConfiguration = smallConfiguration(), expectsData: Bool = false,
    salt: UInt64 = 1, now: Int64 = 1_000_000
) throws(LogError) -> Log {
    var found = Found()
    return try open(disk, configuration, expectsData: expectsData, salt: salt, now: now, found: &found)
}

/// Starts once and drops the log.
func recover(
    _ disk: any Disk, _ configuration: LogConfiguration = smallConfiguration(), salt: UInt64 = 99
) throws(LogError) -> Found {
    var found = Found()
    _ = try open(disk, configuration, expectsData: true, salt: salt, found: &found)
    return found
}

/// The payload of a record, so that content can be checked by number alone.
func payload(_ sequence: UInt64, bytes: Int) -> [UInt8] {
    var generator = SplitMix64(seed: sequence)
    return (0..<bytes).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
}

extension Log {
    /// Appends and returns the record; room is the caller's business.
    @discardableResult
    mutating func add(_ payload: [UInt8], kind: UInt8 = 1, at time: Int64 = 1_000_000) -> Entry {
        _ = append(kind: kind, payloadBytes: payload.count, at: BrokerTime(milliseconds: time)) { area in
            area.copyBytes(from: payload)
        }
        return Entry(kind: kind, time: time, sequence: appendedSequence, payload: payload)
    }

    mutating func next(_ lane: LogLane) throws -> LogOperation {
        guard let operation = nextOperation(lane) else { throw Unexpected() }
        return operation
    }

    mutating func hasNext(_ lane: LogLane) -> Bool { nextOperation(lane) != nil }

    /// One batch per call, on disk before it returns.
    @discardableResult
    mutating func commit(_ payloads: [[UInt8]], at time: Int64 = 1_000_000, on disk: any Disk) -> [Entry] {
        let entries = payloads.map { payload in
            if !hasRoom(payloadBytes: payload.count) {
                drain(.commit, on: disk)
                drain(.background, on: disk)
            }
            return add(payload, at: time)
        }
        drain(.commit, on: disk)
        return entries
    }
}

extension MemoryDisk {
    /// The bytes at a place, nil when the file does not reach so far.
    func payload(at place: RecordLocation) -> [UInt8]? {
        let start = Int(place.offset) + RecordFrame.headerBytes
        guard let bytes = contents(.segment(place.segment)), start + Int(place.length) <= bytes.count else {
            return nil
        }
        return Array(bytes[start..<start + Int(place.length)])
    }

    var files: [LogFile] {
        get throws { try list().map(\.file).sorted { $0.name < $1.name } }
    }

    var tornCopies: [LogFile] {
        get throws { try files.filter { if case .torn = $0 { true } else { false } } }
    }

    func flip(_ file: LogFile, byte: Int, bit: Int) {
        guard var bytes = contents(file), byte < bytes.count else { return }
        bytes[byte] ^= 1 << UInt8(bit)
        replace(file, with: bytes)
    }

    func overwrite(_ file: LogFile, at offset: Int, with new: [UInt8]) {
        guard var bytes = contents(file) else { return }
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
        replace(file, with: bytes)
    }
}

/// The damage that a refused start names, or nil.
func damage(_ body: () throws(LogError) -> Void) -> (file: String, offset: UInt32, problem: String)? {
    do throws(LogError) {
        try body()
        return nil
    } catch {
        guard case .damaged(let file, let offset, let problem) = error else { return nil }
        return (file, offset, problem)
    }
}

func crc32c(_ bytes: [UInt8]) -> UInt32 { croost_crc32c(0, bytes, bytes.count) }
