/// Tells when so much memory came free that it is worth handing it back to the system. The allocator keeps what is
/// freed: after a million queues or a long backlog the process would stay as large as it ever was.
package struct HeapKeeper {
    /// Handing back holds up whoever needs memory meanwhile, some milliseconds for 100 MiB, so it is not for little.
    private static let freedBytesMin = 32 << 20

    /// The most that was in use since memory was handed back last.
    private var peak = 0

    package init() {}

    /// True: half of what was in use has come free. Asked with what is in use now.
    package mutating func isTrimDue(_ bytes: Int) -> Bool {
        peak = max(peak, bytes)
        guard peak - bytes >= Self.freedBytesMin, bytes <= peak / 2 else { return false }
        peak = bytes
        return true
    }
}
