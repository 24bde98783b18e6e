/// What a subtree holds.
struct TreeMeasure: Sendable, Equatable {
    /// Entries.
    var count = 0
    /// Bytes of the entries themselves.
    var payload = 0
    /// Bytes of memory: what was allocated, slack and headers included.
    var resident = 0

    static func += (left: inout Self, right: Self) {
        left.count += right.count
        left.payload += right.payload
        left.resident += right.resident
    }

    static func -= (left: inout Self, right: Self) {
        left.count -= right.count
        left.payload -= right.payload
        left.resident -= right.resident
    }
}

/// The lowest level of a tree: some entries in order.
protocol TreeLeaf: Sendable {
    /// What parts the entries of two neighbours, where entries have an order of their own.
    associatedtype Bound: Sendable
    /// What is put into a leaf.
    associatedtype Entry

    init()
    /// A leaf that is going to be filled.
    init(reserving byteCount: Int)

    var count: Int { get }
    var measure: TreeMeasure { get }
    /// Bytes that count against `NodeLimits.pageBytes`, of a leaf with that measure.
    static func weight(_ measure: TreeMeasure) -> Int

    func hasRoom(for entry: Entry, _ limits: NodeLimits) -> Bool
    /// Inserts without a look at the limits.
    mutating func place(_ entry: Entry, at index: Int, _ limits: NodeLimits)
    mutating func removeSubrange(_ range: Range<Int>)
    /// Takes the entries from `index` on away.
    mutating func split(at index: Int) -> Self
    mutating func append(_ next: Self)

    static var lowestBound: Bound { get }
    /// Bytes of memory that a bound holds elsewhere.
    static func residentBytes(of bound: Bound) -> Int
    /// Above all entries of `left`, not above any of `right`.
    static func bound(between left: Self, and right: Self) -> Bound
}

/// Whether a node holds the first or the last entries of its tree.
struct TreeEdges {
    var isFirst: Bool
    var isLast: Bool

    /// The edges of a child.
    @inline(__always)
    func child(_ index: Int, of count: Int) -> Self {
        Self(isFirst: isFirst && index == 0, isLast: isLast && index == count - 1)
    }
}

extension TreeLeaf {
    var weight: Int { Self.weight(measure) }

    /// Inserts an entry. What does not fit any more comes back as leaves that follow this one.
    ///
    /// At either end of the tree a new leaf begins and the old one stays full: that is how lists grow. Elsewhere the
    /// leaf is halved until the entry fits or stands alone.
    mutating func insert(
        _ entry: Entry, at index: Int, _ edges: TreeEdges, _ limits: NodeLimits
    ) -> ContiguousArray<Self> {
        if count == 0 || hasRoom(for: entry, limits) {
            place(entry, at: index, limits)
            return []
        }
        if index == count, edges.isLast || count == 1 {
            return [leaf(of: entry, limits)]
        }
        if index == 0, edges.isFirst || count == 1 {
            let next = self
            self = leaf(of: entry, limits)
            return [next]
        }
        return insertBySplitting(entry, at: index, limits)
    }

    private mutating func insertBySplitting(
        _ entry: Entry, at index: Int, _ limits: NodeLimits
    ) -> ContiguousArray<Self> {
        let middle = count / 2
        let inside = TreeEdges(isFirst: false, isLast: false)
        var right = split(at: middle)
        if index < middle {
            return insert(entry, at: index, inside, limits) + [right]
        }
        let spilled = right.insert(entry, at: index - middle, inside, limits)
        return [right] + spilled
    }

    /// A leaf that will probably become as large as this one.
    private func leaf(of entry: Entry, _ limits: NodeLimits) -> Self {
        var leaf = Self(reserving: min(weight, limits.pageBytes))
        leaf.place(entry, at: 0, limits)
        return leaf
    }
}
