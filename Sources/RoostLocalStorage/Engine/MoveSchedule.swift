import RoostModel

/// When moves in the background do their next slice. Nothing of it is kept: after a start all of them are due.
struct MoveSchedule {
    /// Messages of one slice, so that a turn stays short.
    static let sliceMax = 100
    /// The same while a snapshot is written: each may be the first to touch some chunks of the index, and so copy them.
    static let sliceBesideSnapshotMax = 32
    /// Between two slices, whatever they are of: requests have most of the time.
    private static let distance = Milliseconds(1)
    /// Until something is tried again that the disk, or the number of groups, does not allow now.
    static let retry = Milliseconds(250)
    /// A move with a rate does a tenth of a second's messages at once.
    private static let slicesPerSecond = 10

    private var dues: [UInt64: BrokerTime] = [:]
    private var nextSlice = BrokerTime(milliseconds: 0)

    /// The move that waits longest, and when its time is. `running` is not empty.
    func next(_ running: [(id: UInt64, rate: Int?)]) -> (id: UInt64, rate: Int?, due: BrokerTime)? {
        let moves = running.lazy.map { ($0.id, $0.rate, dues[$0.id] ?? BrokerTime(milliseconds: 0)) }
        let first = moves.min { ($0.2, $0.0) < ($1.2, $1.0) }
        return first.map { ($0.0, $0.1, max($0.2, nextSlice)) }
    }

    /// Messages that it moves at once.
    static func slice(_ rate: Int?) -> Int { rate.map { min(max($0 / slicesPerSecond, 1), sliceMax) } ?? sliceMax }

    /// As many were moved: the next ones come so much later that it is never faster than its rate.
    mutating func moved(_ id: UInt64, _ count: Int, _ rate: Int?, now: BrokerTime) {
        let span = rate.map { (count * 1000 + $0 - 1) / $0 } ?? 0
        putOff(id, Milliseconds(Int64(span)), now: now)
    }

    mutating func putOff(_ id: UInt64, _ span: Milliseconds, now: BrokerTime) {
        dues[id] = now + max(span, Self.distance)
        nextSlice = now + Self.distance
    }

    mutating func forget(_ id: UInt64) { dues[id] = nil }

    /// Moves also end with their queue.
    mutating func forget(allBut running: [(id: UInt64, rate: Int?)]) {
        guard dues.count > running.count else { return }
        let ids = Set(running.map(\.id))
        dues = dues.filter { ids.contains($0.key) }
    }
}
