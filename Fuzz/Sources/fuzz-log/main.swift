import FuzzRunner
import FuzzSupport
import Glibc
import RoostCore
import RoostLocalStorage
import RoostLog
import RoostModel

/// Decodes what it can and keeps nothing.
private struct DecodingOwner: LogOwner {
    func restart() {}
    func take(section: UnsafeRawBufferPointer) {}
    func endSnapshot() {}
    func apply(_ record: RecoveredRecord) {
        guard let kind = EntryKind(rawValue: record.kind) else { return }
        if (try? EntryCodec.decode(kind: kind, record.payload)) != nil { Reach.note("read", kind) }
        if kind == .send || kind == .move { _ = try? SendRecord.decodeContent(record.payload) }
    }
    func liveSegments() -> Set<UInt32> { [] }
}

private let directories = sampleDirectories()
private typealias Files = [(file: LogFile, bytes: [UInt8])]

/// A directory that the engine wrote, with changes.
private func changed(_ directory: Int, _ source: inout ByteSource) -> Files {
    var files = directories[directory % directories.count]
    for _ in 0..<min(Int(source.byte()), Patches.countMax) {
        let what = source.byte()
        guard !files.isEmpty else { return files }
        let index = Int(what & 31) % files.count
        switch what >> 5 {
        case 7: files.remove(at: index)
        case 6: files[index].bytes = Array(files[index].bytes.prefix(Int(source.number(UInt16.self)) * 8))
        case 5: files[index].file = .segment(1 + UInt32(source.byte()))
        default: Patches.apply(&source, to: &files[index].bytes)
        }
    }
    return files
}

private func mend(_ files: inout Files, _ mending: Mending) {
    files.sort { $0.file.name < $1.file.name }
    var sequence: UInt64?
    for index in files.indices {
        switch files[index].file {
        case .segment:
            // Old segments may be gone: the first one that is there says where its records begin.
            let bytes = files[index].bytes
            var next = sequence ?? (bytes.count >= 528 ? max(1, bytes.load(520, UInt64.self)) : 1)
            mending.mend(segment: &files[index].bytes, sequence: &next)
            sequence = next
        case .snapshot(let sequence): mending.mend(snapshot: &files[index].bytes, sequence: sequence)
        default: break
        }
    }
}

/// A start that succeeded can be repeated, with the same queues; and what was done after it is there after the next.
private func start(on disk: MemoryDisk, logBegun: Bool, doesWork: Bool) {
    guard let first = try? EngineUse(on: disk, logBegun: logBegun, salt: 77) else { return }
    let before = first.queues.map { ($0.name, $0.counts) }
    if doesWork {
        first.useQueues()
        first.storage.shutDown()
    }
    let after = doesWork ? nil : before
    do {
        let second = try EngineUse(on: disk, logBegun: true, salt: 78)
        let found = second.queues.map { ($0.name, $0.counts) }
        guard let after else { return }
        guard found.elementsEqual(after, by: ==) else { report("the second start found \(found), not \(after)") }
    } catch { report("the first start went well, the second did not: \(error)") }
}

// A whole log directory.
//
//     mode u8 | files as in FileList, or directory u8 | changes u8 | change …
//
// Mode: bits 0 and 1 as in `Mending`; bit 2: a directory that the engine wrote, with changes, instead of files; bit 3:
// the log alone instead of the engine; bit 4: the server had data before; bit 5: use the engine, then start it again.
exit(
    runFuzzer(
        seeds: { fixtures in
            var seeds: [[UInt8]] = []
            for files in goldenLogs(fixtures) + directories.prefix(1) {
                let list = files.compactMap { FileList.encode($0.file, $0.bytes) }.reduce([], +)
                seeds += [[8] + list, [11] + list, [3] + list]
            }
            for directory in directories.indices {
                for mode: UInt8 in [4, 7, 12, 36, 39, 55] {
                    seeds.append([mode, UInt8(directory), 0])
                    seeds.append([mode, UInt8(directory), 1, 0] + Patches.encode(at: 600, [1]))
                }
            }
            return seeds
        }, reaches: EntryKind.allCases.filter { $0 != .damage && $0 != .tick }.map { "read \($0)" }
    ) { bytes, count in
        var source = ByteSource(bytes, count)
        let mode = source.byte()
        var files = mode & 4 != 0 ? changed(Int(source.byte()), &source) : FileList.decode(&source)
        mend(&files, Mending(mode: mode))
        let disk = MemoryDisk()
        for (file, bytes) in files { disk.replace(file, with: bytes) }
        guard mode & 8 != 0 else {
            start(on: disk, logBegun: mode & 16 != 0, doesWork: mode & 32 != 0)
            return 0
        }
        var owner = DecodingOwner()
        var configuration = LogConfiguration()
        configuration.segmentBytes = 8192
        _ = try? Recovery.open(
            disk, configuration: configuration, expectsData: mode & 16 != 0, newSalt: 5,
            now: BrokerTime(milliseconds: 1_800_000_000_000), owner: &owner)
        return 0
    })
