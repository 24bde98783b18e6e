/// The state that the log keeps alive. A start builds it from a snapshot and the records behind it.
package protocol LogOwner: ~Copyable {
    /// Forget everything: sections of a snapshot follow, or records from the first on. Called once at least.
    mutating func restart()
    /// The next section of a snapshot, as it was written. Valid during the call only. Whether the snapshot is whole is
    /// known at `endSnapshot`; before that, `restart` may come instead.
    mutating func take(section: UnsafeRawBufferPointer) throws
    /// All sections were there. What this throws makes the snapshot count as unreadable.
    mutating func endSnapshot() throws
    /// The next record. What this throws ends the start, and nothing is changed.
    mutating func apply(_ record: RecoveredRecord) throws
    /// Numbers of the segments that hold something which is still needed. Asked once, after the last record.
    func liveSegments() -> Set<UInt32>
}
