import RoostCore
import RoostLog
import RoostModel

/// The space that is kept, so that a full disk refuses new messages first, then receives, and deletes last.
///
/// A part of it is in the segments made ahead; the rest is a file that holds nothing, RESERVE. When no segment can be
/// made any more, the file gives its space to the next one. When a snapshot is written and the disk has no room for it,
/// the file gives it its share. What a full disk gets back goes to the file first.
struct SpaceKeeper {
    /// How often a full disk is looked at again.
    static let retry = Milliseconds(1000)

    /// While one is filled with receives and deletes, two snapshots let the one before it go.
    static let lentSegments = 2
    /// For what the file system itself needs of a new file.
    private static let fileOverheadBytes = 4096

    let segmentBytes: Int
    /// Of the file, as it is.
    private(set) var reserveBytes: Int
    /// Why the file could not grow.
    private(set) var problem: DiskError?
    private(set) var isChanging = false
    private(set) var nextTry: BrokerTime?
    private var lendNotBefore: BrokerTime?
    /// What is too much goes, be it little.
    private var isTrimDue = false

    init(segmentBytes: Int, reserveBytes: Int, problem: DiskError? = nil) {
        self.segmentBytes = segmentBytes
        self.reserveBytes = reserveBytes
        self.problem = problem
    }

    /// A delete for each message that is held.
    static func deletesBytes(_ core: borrowing Broker) -> Int {
        core.messageCount * RecordFrame.bytes(payloadBytes: 12)
            + core.databases.keyCount * RecordFrame.bytes(payloadBytes: 64)
    }

    /// Segments go when two snapshots lie behind them, and the older one goes when the next one is there: in all there
    /// is to be room for three. One that has got its space is not counted; those after it are still to come.
    /// `growth`: by how much an image may become longer.
    static func nextSnapshotBytes(
        _ core: borrowing Broker, kept: [SnapshotFacts], hasOneItsSpace: Bool = false, growth: Int = 0
    ) -> Int {
        let one = snapshotBytes(core) + growth
        let missing = 3 * one - kept.suffix(LogLimits.snapshotsKept).reduce(0) { $0 + $1.bytes }
        return hasOneItsSpace ? max(0, missing - one) : max(one, missing)
    }

    /// With what file and file system need besides the image.
    static func snapshotBytes(_ core: borrowing Broker) -> Int {
        core.imageBytesEstimate + core.imageBytesEstimate / 64 + 4096
    }

    /// Beyond what is needed, so that the file does not have to follow every message.
    private var margin: Int { max(segmentBytes / 4, 65_536) }

    /// What deletes and the next snapshot need, the segments to lend, and one for a restart.
    func size(needed: Int) -> Int { needed + (Self.lentSegments + 1) * segmentBytes + margin }

    /// The size that the file is to have, if it is to change now. `needed`: for deletes and the next snapshot.
    mutating func nextSize(needed: Int, now: BrokerTime) -> Int? {
        guard !isChanging else { return nil }
        let target = target(needed: needed)
        let isTooSmall = reserveBytes < target - margin / 2
        let isTooLarge = reserveBytes > target + (isTrimDue ? 0 : 2 * margin)
        isTrimDue = false
        if !isTooSmall {
            problem = nil
            nextTry = nil
        }
        guard isTooSmall || isTooLarge else { return nil }
        if isTooSmall, let due = nextTry, due > now { return nil }
        isChanging = true
        return target
    }

    private func target(needed: Int) -> Int { size(needed: needed).roundedUp(toMultipleOf: 65_536) }

    /// For one who takes space from the file, or gives it some; nil while another one does. One segment's worth stays:
    /// a start needs it.
    mutating func begin(needed: Int) -> ReserveShare? {
        guard !isChanging else { return nil }
        isChanging = true
        return ReserveShare(leaving: segmentBytes, lacking: max(0, target(needed: needed) - reserveBytes))
    }

    mutating func end(_ share: ReserveShare) {
        isChanging = false
        nextTry = nil
        reserveBytes += share.change
    }

    mutating func retryNow() { nextTry = nil }

    mutating func trim() { isTrimDue = true }

    /// A segment is made of the file: there is no room until the file has its size again.
    mutating func lends(because problem: DiskError) { self.problem = self.problem ?? problem }

    mutating func lendingFailed(now: BrokerTime) { lendNotBefore = now + Self.retry }

    func mayLend(now: BrokerTime) -> Bool { lendNotBefore.map { $0 <= now } ?? true }

    /// How many segments could still be made from the file. One segment's worth stays: a start needs it.
    func lendableSegments(besides bytes: Int, more: Int = 0) -> Int {
        max(0, reserveBytes + more - bytes - segmentBytes) / (segmentBytes + Self.fileOverheadBytes)
    }

    /// `problem`: why the file did not get the size that was asked for.
    mutating func changed(to bytes: Int, _ problem: DiskError?, now: BrokerTime) {
        isChanging = false
        // What the file gave away does not mean that there is room: that shows when it has its size again.
        if let problem { self.problem = problem }
        nextTry = problem == nil ? nil : now + Self.retry
        reserveBytes = bytes
    }
}

extension Disk {
    /// Changes the reserve as far as there is space: returns the size that it has then, and why it is not the wanted
    /// one.
    func changeReserve(from bytes: Int, to wanted: Int) -> (bytes: Int, problem: DiskError?) {
        var (reached, size, tooMuch) = (bytes, wanted, wanted)
        var problem: DiskError?
        while true {
            do throws(DiskError) {
                try setReserve(bytes: size)
                reached = size
            } catch {
                problem = problem ?? error
                tooMuch = size
            }
            guard problem != nil, tooMuch - reached >= 2 * 65_536 else { return (reached, problem) }
            size = reached + (tooMuch - reached) / 2
        }
    }
}

extension Int {
    fileprivate func roundedUp(toMultipleOf step: Int) -> Int { (self + step - 1) / step * step }
}
