import RoostCore
import RoostLog
import RoostModel

/// The state as the log tells it, while the log is read.
struct Replay: LogOwner {
    private let configuration: BrokerConfiguration
    var core: Broker
    private var image: BrokerImageReader
    private var transaction = TransactionReplay()
    private var effects = Effects()

    /// - Parameter isSplit: see `BrokenRule.splitTransactions`.
    init(configuration: BrokerConfiguration, isSplit: Bool = false) {
        self.configuration = configuration
        transaction.isSplit = isSplit
        core = Broker(configuration: configuration)
        image = BrokerImageReader(configuration: configuration)
    }

    mutating func restart() { self = Self(configuration: configuration, isSplit: transaction.isSplit) }

    mutating func take(section: UnsafeRawBufferPointer) throws { try image.take(section) }

    mutating func endSnapshot() throws {
        core = try image.finish()
        image = BrokerImageReader(configuration: configuration)
    }

    /// The last records belong to a transaction whose end never came to the disk: they are not carried out.
    var isInTransaction: Bool { transaction.isOpen }

    /// The same `Broker.apply` as live, with the same entries.
    mutating func apply(_ record: RecoveredRecord) throws {
        guard let kind = EntryKind(rawValue: record.kind) else { throw UnknownEntry(kind: record.kind) }
        let entry =
            kind == .send
            ? Entry.send(try SendRecord.decodeEntry(record.payload))
            : try EntryCodec.decode(kind: kind, record.payload)
        let step = ReplayedEntry(entry: entry, time: record.time, location: BodyLocation(record.location))
        guard transaction.isOpen || kind == .transaction else { return try apply(step) }
        for step in transaction.take(step) { try apply(step) }
    }

    private mutating func apply(_ step: ReplayedEntry) throws(EntryMismatch) {
        core.advanceTimers(to: step.time)
        try core.apply(step.entry, at: step.location, effects: &effects)
        effects.removeAll()
    }

    func liveSegments() -> Set<UInt32> {
        var ledger = SegmentLedger()
        core.forEachLiving { ledger.add($0) }
        return ledger.needed
    }
}

/// A record that this version does not know: a newer one wrote it.
struct UnknownEntry: Error, CustomStringConvertible {
    var kind: UInt8
    var description: String { "records of kind \(kind) come from a newer version" }
}
