/// Rules that a simulator breaks on purpose, one at a time, to see that its checks notice. Nothing else sets one.
package enum BrokenRule: String, CaseIterable, Sendable {
    /// Results leave before they are on disk. The owner of the log breaks this one.
    case acknowledgeBeforeSync
    /// `Log.removableBelow` allows segments that a start still reads.
    case removeSegmentsEarly
    /// Names are not synced.
    case skipDirectorySync
    /// All segments of all processes have one salt.
    case reuseSalt
    /// A start takes records and headers whose checksum is wrong.
    case ignoreBadChecksum
    /// A start carries out what there is of a transaction. The owner of the log breaks this one.
    case splitTransactions
}
