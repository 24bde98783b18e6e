import CRoost
package import RoostModel

/// Tells when so much memory came free that it is worth handing it back to the system. The allocator keeps what is
/// freed: after a million queues or a long backlog the process would stay as large as it ever was.
///
/// Handing back holds up whoever needs memory of the same arena meanwhile (8 ms for each 100 MiB, glibc 2.36, Linux
/// 6.18 on a virtual machine). So it is not for little, and not for what comes and goes all the time.
package struct HeapKeeper {
    private static let freedBytesMin = 32 << 20
    private static let distance = Milliseconds.seconds(60)

    /// Of memory that is free, for the lists that each turn makes and frees.
    private static let keptBytes: Int32 = 8 << 20

    /// For the whole process.
    static func keepSome() { croost_keep_heap(keptBytes) }

    /// The most that was in use since memory was handed back last.
    private var peak = 0
    private var notBefore: BrokerTime?

    package init() {}

    /// True: half of what was in use has come free.
    ///
    /// - Parameter bytes: in use now.
    package mutating func isTrimDue(_ bytes: Int, now: BrokerTime) -> Bool {
        peak = max(peak, bytes)
        guard peak - bytes >= Self.freedBytesMin, bytes <= peak / 2, notBefore.map({ $0 <= now }) ?? true else {
            return false
        }
        peak = bytes
        notBefore = now + Self.distance
        return true
    }
}
