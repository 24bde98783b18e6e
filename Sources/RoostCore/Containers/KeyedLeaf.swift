/// Where in the order of a keyed tree something stands: a word, and bytes among entries with the same word.
struct TreeKey {
    var word: UInt64
    var bytes: UnsafeRawBufferPointer
}

/// What parts two neighbours: above all entries of the left, not above any of the right.
///
/// Only as many bytes as that takes (Bayer and Unterauer: "Prefix B-trees", 1977): none at all where the words differ.
struct TreeBound: Sendable {
    var word: UInt64
    var bytes: ContiguousArray<UInt8>
}

/// Entries ordered by a word and their bytes, each with a value.
struct KeyedLeaf<Column: TreeColumn>: TreeLeaf {
    struct Entry {
        var key: TreeKey
        var value: Column.Value
    }

    private(set) var keys: Page<WordSlot>
    var values = Column()

    init() { keys = Page() }

    /// Keys and values will share the bytes, nobody knows how.
    init(reserving byteCount: Int) { self.init() }

    var count: Int { keys.count }

    var measure: TreeMeasure {
        TreeMeasure(
            count: keys.count, payload: keys.payload + values.payload,
            resident: keys.residentBytes + values.residentBytes
        )
    }

    static func weight(_ measure: TreeMeasure) -> Int {
        Page<WordSlot>.used(by: measure.count, measure.payload) + Column.weight(measure.count)
    }

    func hasRoom(for entry: Entry, _ limits: NodeLimits) -> Bool {
        var measure = measure
        measure.count += 1
        measure.payload += entry.key.bytes.count + Column.payload(of: entry.value)
        return Self.weight(measure) <= limits.pageBytes && measure.count <= limits.entries
    }

    mutating func place(_ entry: Entry, at index: Int, _ limits: NodeLimits) {
        keys.insert(entry.key.bytes, word: entry.key.word, at: index, limit: limits.pageBytes)
        values.insert(entry.value, at: index)
    }

    mutating func removeSubrange(_ range: Range<Int>) {
        keys.removeSubrange(range)
        values.removeSubrange(range)
    }

    mutating func split(at index: Int) -> Self {
        var right = Self()
        right.keys = keys.split(at: index)
        right.values = values.split(at: index)
        return right
    }

    mutating func append(_ next: Self) {
        keys.append(next.keys)
        values.append(next.values)
    }
}

extension KeyedLeaf {
    static var lowestBound: TreeBound { TreeBound(word: 0, bytes: []) }

    static func residentBytes(of bound: TreeBound) -> Int {
        bound.bytes.isEmpty ? 0 : bound.bytes.count + heapBlockBytes
    }

    static func bound(between left: Self, and right: Self) -> TreeBound {
        let word = right.keys.word(0)
        return left.keys.view { left in
            guard left.word(left.count - 1) == word else { return TreeBound(word: word, bytes: []) }
            return right.keys.view { right in
                let (below, above) = (left.entry(left.count - 1), right.entry(0))
                return TreeBound(word: word, bytes: ContiguousArray(above.prefix(commonPrefix(below, above) + 1)))
            }
        }
    }

    /// Inserts an entry or replaces its value.
    mutating func put(
        _ value: Column.Value, _ place: KeyLocator<Column>, _ edges: TreeEdges, _ limits: NodeLimits
    ) -> (replaced: Column.Value?, spilled: ContiguousArray<Self>) {
        let (index, isFound) = find(place)
        let entry = Entry(key: place.key, value: value)
        guard isFound else { return (nil, insert(entry, at: index, edges, limits)) }
        let replaced = values.value(index)
        if values.replace(index, with: value) { return (replaced, []) }
        removeSubrange(index..<index + 1)
        return (replaced, insert(entry, at: index, edges, limits))
    }

    /// The first entry that is not below the key, and whether it is that key.
    @inline(__always)
    func find(_ place: KeyLocator<Column>) -> (index: Int, isFound: Bool) {
        keys.view { keys in
            let index = place.words.search(place.key.word, keys.count) { keys.compare($0, place.key) < 0 }
            return (index, index < keys.count && keys.compare(index, place.key) == 0)
        }
    }
}

extension PageView<WordSlot> {
    /// Negative when the entry is below the key.
    @inline(__always)
    fileprivate func compare(_ index: Int, _ key: TreeKey) -> Int {
        let word = word(index)
        if word != key.word { return word < key.word ? -1 : 1 }
        return compareBytes(entry(index), key.bytes)
    }
}
