import RoostCore
import RoostLog
import RoostModel

/// The space that is kept, so that a full disk refuses new messages first, then receives, and deletes last.
///
/// A part of it is in the segments made ahead; the rest is a file that holds nothing, RESERVE. When no segment can be
/// made any more, the file gives its space to the next one. When a snapshot is written, the file gives up its share.
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

    init(segmentBytes: Int, reserveBytes: Int, problem: DiskError? = nil) {
        self.segmentBytes = segmentBytes
        self.reserveBytes = reserveBytes
        self.problem = problem
    }

    /// A delete for each message that is held.
    static func deletesBytes(_ core: borrowing Broker) -> Int {
        core.messageCount * RecordFrame.bytes(payloadBytes: 12)
    }

    /// Segments go when two snapshots lie behind them, and the older one goes when the next one is there: in all there
    /// is to be room for three. The one that is under way has got its share; those after it are still to come.
    /// `growth`: by how much an image may become longer.
    static func nextSnapshotBytes(
        _ core: borrowing Broker, kept: [SnapshotFacts], isOneUnderWay: Bool = false, growth: Int = 0
    ) -> Int {
        let one = snapshotBytes(core) + growth
        let missing = 3 * one - kept.reduce(0) { $0 + $1.bytes }
        return isOneUnderWay ? max(0, missing - one) : max(one, missing)
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
        let target = size(needed: needed).roundedUp(toMultipleOf: 65_536)
        let isTooSmall = reserveBytes < target - margin / 2
        let isTooLarge = reserveBytes > target + 2 * margin
        if !isTooSmall {
            problem = nil
            nextTry = nil
        }
        guard isTooSmall || isTooLarge else { return nil }
        if isTooSmall, let due = nextTry, due > now { return nil }
        isChanging = true
        return target
    }

    mutating func retryNow() { nextTry = nil }

    /// How many segments could still be made from the file. One segment's worth stays: a start needs it.
    func lendableSegments(besides bytes: Int) -> Int {
        max(0, reserveBytes - bytes - segmentBytes) / (segmentBytes + Self.fileOverheadBytes)
    }

    /// The size after a segment took its space from the file; nil while it is being changed.
    mutating func sizeAfterLending() -> Int? {
        guard !isChanging, reserveBytes >= segmentBytes + Self.fileOverheadBytes else { return nil }
        isChanging = true
        return reserveBytes - segmentBytes - Self.fileOverheadBytes
    }

    /// The size after a snapshot got its share; nil when there is nothing to give.
    mutating func sizeAfterGiving(_ bytes: Int) -> Int? {
        guard !isChanging, reserveBytes > segmentBytes else { return nil }
        isChanging = true
        return max(segmentBytes, reserveBytes - bytes)
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
