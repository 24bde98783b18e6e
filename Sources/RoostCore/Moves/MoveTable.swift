import RoostModel

/// One move in the background, running or over.
struct MoveRecord {
    /// How far the walk over the groups of the source is, when each message goes back to where it came from. It is the
    /// business of `prepareMoveStep` alone, and starts anew with a broker that was made from a log.
    struct Pass {
        var hasMoved = false
        /// Something that could be moved does not say where to.
        var hasMetUnknown = false
    }

    let id: UInt64
    let from: UInt32
    let to: QueueName?
    let rate: Int?
    let toMove: Int
    let startedAt: BrokerTime
    var moved = 0
    var status = MoveTask.Status.running
    var finishedAt: BrokerTime?
    var pass = Pass()

    var isRunning: Bool { status == .running }
}

/// The moves that run, and the last ones that are over, in the order of their ids.
///
/// They are few: this is an array of at most `tasksMax`, which is walked over when somebody asks.
struct MoveTable {
    /// As many as SQS allows an account. Each takes its part of the turns.
    static let runningMax = 100
    static let tasksMax = 1000

    private(set) var records: ContiguousArray<MoveRecord> = []
    private(set) var runningCount = 0
    var nextID: UInt64 = 1

    subscript(id: UInt64) -> MoveRecord? { position(of: id).map { records[$0] } }

    func running(from queue: UInt32) -> MoveRecord? {
        guard runningCount > 0 else { return nil }
        return records.first { $0.from == queue && $0.isRunning }
    }

    /// Forgets the oldest ones that are over, where there are too many.
    mutating func add(_ record: MoveRecord) {
        append(record)
        nextID = record.id + 1
        if records.count(where: { $0.from == record.from }) > Limits.moveTasksPerQueueMax {
            forgetFirst { $0.from == record.from && !$0.isRunning }
        }
        if records.count > Self.tasksMax { forgetFirst { !$0.isRunning } }
    }

    /// False when there is no such move.
    mutating func change(_ id: UInt64, _ change: (inout MoveRecord) -> Void) -> Bool {
        guard let position = position(of: id) else { return false }
        let wasRunning = records[position].isRunning
        change(&records[position])
        if wasRunning, !records[position].isRunning { runningCount -= 1 }
        return true
    }

    mutating func forget(from queue: UInt32) {
        guard !records.isEmpty else { return }
        records.removeAll { $0.from == queue }
        runningCount = records.count { $0.isRunning }
    }

    /// Takes up a move as it was written down, behind the others.
    mutating func append(_ record: MoveRecord) {
        records.append(record)
        if record.isRunning { runningCount += 1 }
    }

    private mutating func forgetFirst(where isOver: (MoveRecord) -> Bool) {
        if let position = records.firstIndex(where: isOver) { records.remove(at: position) }
    }

    private func position(of id: UInt64) -> Int? {
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            if records[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < records.count && records[low].id == id ? low : nil
    }
}
