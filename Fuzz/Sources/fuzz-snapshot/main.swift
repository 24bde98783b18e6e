import FuzzRunner
import FuzzSupport
import Glibc
import RoostLog
import RoostModel

/// Takes what it is given.
private struct AnyOwner: LogOwner {
    var bytes = 0
    mutating func restart() { bytes = 0 }
    mutating func take(section: UnsafeRawBufferPointer) { bytes += section.count }
    func endSnapshot() {}
    mutating func apply(_ record: RecoveredRecord) { bytes += record.payload.count }
    func liveSegments() -> Set<UInt32> { [] }
}

private let sequence: UInt64 = 9

/// The segment that the snapshot names, so that a start comes to read the snapshot.
private func segment(for snapshot: [UInt8]) -> (file: LogFile, bytes: [UInt8])? {
    guard snapshot.count >= 512 + 16 + 24 else { return nil }
    let number: UInt32 = snapshot.load(16)
    guard number > 0, number <= LogLimits.segmentNumberMax else { return nil }
    let entries = Int(snapshot.load(512, UInt32.self)) / 24
    guard entries > 0, 512 + 16 + entries * 24 <= snapshot.count else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let header = SegmentHeader(
        number: number, segmentBytes: 4096, salt: snapshot.load(528 + (entries - 1) * 24 + 8), watermark: 0,
        time: BrokerTime(milliseconds: 0), batchAlignment: 512)
    bytes.withUnsafeMutableBytes { header.encode(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<512])) }
    return (.segment(number), bytes)
}

// A snapshot file with whatever is in it. First byte: how it is mended, see `Mending`.
//
//     mode u8 | the first 64 bytes of the file | what stands from byte 512 on
exit(
    runFuzzer(seeds: { fixtures in
        goldenLogs(fixtures).flatMap { $0 }.compactMap { file, bytes in
            guard case .snapshot = file else { return nil }
            return [3] + bytes[..<64] + bytes[512...]
        }
    }) { bytes, count in
        var source = ByteSource(bytes, count)
        let mending = Mending(mode: source.byte())
        var snapshot = source.take(64)
        let rest = source.rest()
        if !rest.isEmpty { snapshot += [UInt8](repeating: 0, count: 512 - snapshot.count) + rest }
        mending.mend(snapshot: &snapshot, sequence: sequence)
        let disk = MemoryDisk()
        disk.replace(.snapshot(sequence), with: snapshot)
        if let (file, bytes) = segment(for: snapshot) { disk.replace(file, with: bytes) }
        var owner = AnyOwner()
        var configuration = LogConfiguration()
        configuration.segmentBytes = 4096
        _ = try? Recovery.open(
            disk, configuration: configuration, expectsData: false, newSalt: 5, now: BrokerTime(milliseconds: 0),
            owner: &owner)
        precondition(owner.bytes <= snapshot.count)
        return 0
    })
