package import RoostModel

/// Where the links and deadlines of timers stand: in message slots, or in queues.
package protocol TimerNodes {
    func timerDeadline(_ node: UInt32) -> BrokerTime
    func timerPrevious(_ node: UInt32) -> UInt32
    func timerNext(_ node: UInt32) -> UInt32
    mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32)
    mutating func setTimerNext(_ node: UInt32, _ value: UInt32)
}

/// Deadlines in a hierarchical timing wheel (Varghese and Lauck, 1987) with a resolution of one millisecond.
///
/// Level `l` has 64 buckets of 64^l ms each; a timer stands on the level of the highest group of six bits in which its
/// deadline differs from the wheel's time. When the time reaches a bucket of a higher level, its timers move down; a
/// bucket of the lowest level becomes due whole, so that timers fall due in the order of their deadlines, and those of
/// one deadline in the order in which they were set. Setting and removing are O(1) and allocate nothing.
///
/// The links at both ends of a bucket name the bucket (`mark`), so a timer can be taken out without knowing where it
/// is.
package struct TimerWheel: Sendable {
    static let levels = 8
    private static let bucketsPerLevel = 64
    /// Two more buckets: what is due, and what is on its way down from a higher level.
    static let dueBucket = levels * bucketsPerLevel
    static let movingBucket = dueBucket + 1
    static let firstMark: UInt32 = 1 << 31

    struct Bucket {
        var head: UInt32
        var tail: UInt32
    }

    private(set) var buckets: ContiguousArray<Bucket>
    /// For each level, one bit for each bucket that is not empty.
    private var occupied: InlineArray<8, UInt64> = .init(repeating: 0)
    /// Everything up to here is due or on its way there. Milliseconds since 1970.
    private(set) var time: UInt64 = 0
    package private(set) var count = 0

    package init() {
        buckets = ContiguousArray(
            (0...Self.movingBucket).map { bucket in
                Bucket(head: Self.mark(bucket), tail: Self.mark(bucket))
            })
    }

    /// A wheel as it was written down. Whether the links are right is for `BrokerImageCheck` to find out. There must be
    /// `bucketCount` buckets, and the time must be below `timeEnd`.
    init(time: UInt64, count: Int, buckets: ContiguousArray<Bucket>) {
        self.time = time
        self.count = count
        self.buckets = buckets
        for bucket in buckets.indices where buckets[bucket].head < Self.firstMark { setOccupied(bucket, true) }
    }

    static let bucketCount = movingBucket + 1
    static let timeEnd: UInt64 = 1 << 48

    /// The deadline must be set already, and the node in no structure that uses the same links.
    package mutating func insert<Nodes: TimerNodes>(_ node: UInt32, in nodes: inout Nodes) {
        append(node, to: bucket(for: Self.milliseconds(nodes.timerDeadline(node))), in: &nodes)
        count += 1
    }

    /// The same, for timers that must not fall due before those of the same deadline that were set earlier: when these
    /// may be on their way down, the new one goes behind them.
    package mutating func insertInOrder<Nodes: TimerNodes>(_ node: UInt32, in nodes: inout Nodes) {
        let deadline = Self.milliseconds(nodes.timerDeadline(node))
        let isAmongMoving = first(Self.movingBucket) != nil && deadline < movingEnd
        append(node, to: isAmongMoving ? Self.movingBucket : bucket(for: deadline), in: &nodes)
        count += 1
    }

    package mutating func remove<Nodes: TimerNodes>(_ node: UInt32, in nodes: inout Nodes) {
        unlink(node, in: &nodes)
        count -= 1
    }

    /// Makes timers due whose deadline is not after `now`, moving at most `budget` of them between levels.
    /// False when the budget ended first: call again.
    package mutating func advance<Nodes: TimerNodes>(to now: BrokerTime, budget: Int, in nodes: inout Nodes) -> Bool {
        var budget = budget
        while true {
            while let node = first(Self.movingBucket) {
                guard budget > 0 else { return false }
                budget -= 1
                unlink(node, in: &nodes)
                append(node, to: bucket(for: Self.milliseconds(nodes.timerDeadline(node))), in: &nodes)
            }
            guard let next = nextBucket(), next.start <= Self.milliseconds(now) else { break }
            time = max(time, next.start)
            let isLowest = next.bucket < Self.bucketsPerLevel
            splice(next.bucket, onto: isLowest ? Self.dueBucket : Self.movingBucket, in: &nodes)
        }
        time = max(time, Self.milliseconds(now))
        return true
    }

    /// Visits what is due, in the order of deadlines, while `visit` says so.
    package func due<Nodes: TimerNodes>(in nodes: borrowing Nodes, _ visit: (UInt32) -> Bool) {
        var node = buckets[Self.dueBucket].head
        while node < Self.firstMark, visit(node) { node = nodes.timerNext(node) }
    }

    /// When the wheel has to be advanced next; never later than the next deadline. Nil when there is none.
    package var nextDue: BrokerTime? {
        if first(Self.dueBucket) != nil || first(Self.movingBucket) != nil {
            return BrokerTime(milliseconds: Int64(clamping: time))
        }
        return nextBucket().map { BrokerTime(milliseconds: Int64(clamping: $0.start)) }
    }
}

extension TimerWheel {
    static func milliseconds(_ time: BrokerTime) -> UInt64 {
        UInt64(clamping: min(max(time.milliseconds, 0), Int64(timeEnd - 1)))
    }

    static func mark(_ bucket: Int) -> UInt32 { firstMark | UInt32(bucket) }

    /// No deadline of what is on its way down lies behind this. It comes from a bucket that began at `time`, and a
    /// bucket begins at a multiple of its length.
    private var movingEnd: UInt64 {
        let level = min(time.trailingZeroBitCount / 6, Self.levels - 1)
        return time + 1 << UInt64(6 * level)
    }

    private func first(_ bucket: Int) -> UInt32? {
        let head = buckets[bucket].head
        return head < Self.firstMark ? head : nil
    }

    func bucket(for deadline: UInt64) -> Int {
        guard deadline > time else { return Self.dueBucket }
        let level = (63 - (deadline ^ time).leadingZeroBitCount) / 6
        return level * Self.bucketsPerLevel + Int(deadline >> UInt64(6 * level) & 63)
    }

    /// The bucket whose time comes first. All occupied buckets of a level lie ahead of the wheel's time on that level,
    /// and all of a level come before those of the next.
    private func nextBucket() -> (bucket: Int, start: UInt64)? {
        for level in 0..<Self.levels where occupied[level] != 0 {
            let index = occupied[level].trailingZeroBitCount
            let shift = UInt64(6 * level)
            let above = (time >> (shift + 6)) << (shift + 6)
            return (level * Self.bucketsPerLevel + index, above | UInt64(index) << shift)
        }
        return nil
    }

    private mutating func append<Nodes: TimerNodes>(_ node: UInt32, to bucket: Int, in nodes: inout Nodes) {
        let tail = buckets[bucket].tail
        nodes.setTimerPrevious(node, tail)
        nodes.setTimerNext(node, Self.mark(bucket))
        if tail < Self.firstMark { nodes.setTimerNext(tail, node) } else { buckets[bucket].head = node }
        buckets[bucket].tail = node
        setOccupied(bucket, true)
    }

    private mutating func unlink<Nodes: TimerNodes>(_ node: UInt32, in nodes: inout Nodes) {
        let (previous, next) = (nodes.timerPrevious(node), nodes.timerNext(node))
        if previous < Self.firstMark {
            nodes.setTimerNext(previous, next)
        } else {
            setHead(ofMark: previous, next)
        }
        if next < Self.firstMark {
            nodes.setTimerPrevious(next, previous)
        } else {
            buckets[Int(next & ~Self.firstMark)].tail = previous
        }
    }

    private mutating func setHead(ofMark mark: UInt32, _ node: UInt32) {
        let bucket = Int(mark & ~Self.firstMark)
        buckets[bucket].head = node
        if node >= Self.firstMark { setOccupied(bucket, false) }
    }

    /// Moves a whole bucket behind the end of another one.
    private mutating func splice<Nodes: TimerNodes>(_ source: Int, onto target: Int, in nodes: inout Nodes) {
        let (head, tail) = (buckets[source].head, buckets[source].tail)
        let end = buckets[target].tail
        nodes.setTimerPrevious(head, end)
        nodes.setTimerNext(tail, Self.mark(target))
        if end < Self.firstMark { nodes.setTimerNext(end, head) } else { buckets[target].head = head }
        buckets[target].tail = tail
        buckets[source] = Bucket(head: Self.mark(source), tail: Self.mark(source))
        setOccupied(source, false)
    }

    private mutating func setOccupied(_ bucket: Int, _ isOccupied: Bool) {
        guard bucket < Self.dueBucket else { return }
        let bit: UInt64 = 1 << UInt64(bucket % Self.bucketsPerLevel)
        if isOccupied {
            occupied[bucket / Self.bucketsPerLevel] |= bit
        } else {
            occupied[bucket / Self.bucketsPerLevel] &= ~bit
        }
    }
}

extension MessageIndex: TimerNodes {
    package func timerDeadline(_ node: UInt32) -> BrokerTime { self[node].deadline }
    package func timerPrevious(_ node: UInt32) -> UInt32 { self[node].previous }
    package func timerNext(_ node: UInt32) -> UInt32 { self[node].next }
    package mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32) { self[node].previous = value }
    package mutating func setTimerNext(_ node: UInt32, _ value: UInt32) { self[node].next = value }
}
