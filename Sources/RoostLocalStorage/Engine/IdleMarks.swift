import RoostModel

/// When a mark is due: some time after the newest record, if nothing follows it.
struct IdleMarks {
    /// Long enough not to disturb a slow but steady stream, short beside the time a disk takes to go bad.
    private static let idle = Milliseconds(250)

    private var newest: UInt64 = 0
    private(set) var due: BrokerTime?

    mutating func observe(_ sequence: UInt64, at now: BrokerTime) {
        guard sequence != newest else { return }
        newest = sequence
        due = now + Self.idle
    }

    /// What was written last is not synced yet.
    mutating func postpone(from now: BrokerTime) { due = now + Self.idle }

    mutating func made(upTo sequence: UInt64) {
        newest = sequence
        due = nil
    }
}
