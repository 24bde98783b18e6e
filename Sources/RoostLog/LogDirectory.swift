/// What a start finds by names alone.
struct LogDirectory {
    /// Sizes by number.
    private(set) var segments: [UInt32: Int] = [:]
    /// Newest first.
    private(set) var snapshots: [(sequence: UInt64, bytes: Int)] = []
    /// Files of an unfinished preparation, by name.
    private(set) var leftovers: [LogFile] = []
    private(set) var leftoverBytes = 0
    private(set) var tornCopies: [LogFile: Int] = [:]
    private(set) var damagedSnapshots: [LogFile: Int] = [:]
    private(set) var reserveBytes = 0

    init(_ disk: any Disk) throws(LogError) {
        var files: [(file: LogFile, bytes: Int)] = []
        do throws(DiskError) { files = try disk.list() } catch { throw .disk(error) }
        for (file, bytes) in files.sorted(by: { $0.file.name < $1.file.name }) {
            switch file {
            case .segment(let number): segments[number] = bytes
            case .torn: tornCopies[file] = bytes
            case .snapshot(let sequence): snapshots.insert((sequence, bytes), at: 0)
            case .damagedSnapshot: damagedSnapshots[file] = bytes
            case .reserve: reserveBytes = bytes
            case .preparing, .preparingTorn, .preparingSnapshot:
                leftovers.append(file)
                leftoverBytes += bytes
            }
        }
    }

    var segmentNumbers: [UInt32] { segments.keys.sorted() }

    /// A snapshot gets its name when the log is synced up to its sequence. So the name alone is a mark.
    var watermark: UInt64 {
        damagedSnapshots.keys.reduce(snapshots.first?.sequence ?? 0) { highest, file in
            guard case .damagedSnapshot(let sequence, _) = file else { return highest }
            return max(highest, sequence)
        }
    }

    /// A name that is free for a snapshot that cannot be read.
    func damagedName(_ sequence: UInt64) -> LogFile {
        var copy = 1
        while damagedSnapshots[.damagedSnapshot(sequence, copy: copy)] != nil { copy += 1 }
        return .damagedSnapshot(sequence, copy: copy)
    }

    /// Of files that nothing but an operator touches.
    var keptBytes: Int {
        tornCopies.values.reduce(0, +) + damagedSnapshots.values.reduce(0, +)
    }
}
