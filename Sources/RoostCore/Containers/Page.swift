/// What a page keeps beside the bytes of an entry.
protocol PageSlot: Sendable {
    /// Size of the word that an entry is ordered by; 0 in pages ordered by position alone.
    static var wordBytes: Int { get }
}

/// Entries in the order in which they were put there.
enum PlainSlot: PageSlot {
    static var wordBytes: Int { 0 }
}

/// Entries that carry a word to be ordered by: a hash, a score.
enum WordSlot: PageSlot {
    static var wordBytes: Int { 8 }
}

/// Byte strings in one array: the leaf of all trees here.
///
/// One allocation holds everything, so that a change after a snapshot retains and copies one array, and a page can be
/// written to disk as it is. Bytes lie in the order of entries. Slots grow towards them from the end, so that adding
/// and taking at the end of a page moves nothing. The header is at the start, in the cache line of the array's own.
///
/// ```
/// | n u16 | end u32 | entry 0 | entry 1 | ... | entry n-1 |  free  | slot n-1 | ... | slot 1 | slot 0 |
///                                                          ^ end
///   slot: | start u16 | word u64, if the kind of slot has one |
/// ```
///
/// Starts and the end are offsets in the page. A start fits 16 bits because a page larger than `NodeLimits.pageBytes`
/// holds a single entry. Numbers are little-endian.
struct Page<Slot: PageSlot>: Sendable {
    static var slotBytes: Int { 2 + Slot.wordBytes }
    static var headerBytes: Int { 6 }
    /// A page of fewer bytes is not worth making smaller.
    static var shrinkableBytes: Int { 128 }

    /// Empty while the page is; else its free bytes are there too.
    private var storage: ContiguousArray<UInt8> = []

    init() {}

    /// An empty page that a first change will not have to make larger, up to that size.
    init(reserving byteCount: Int) {
        storage = ContiguousArray(repeating: 0, count: Self.rounded(max(byteCount, Self.headerBytes)))
        edit { $0.setSize(count: 0, end: Self.headerBytes) }
    }

    @inline(__always)
    func view<Result>(_ body: (PageView<Slot>) -> Result) -> Result {
        storage.withUnsafeBytes { body(PageView(bytes: $0)) }
    }

    @inline(__always)
    private mutating func edit<Result>(_ body: (PageEditor<Slot>) -> Result) -> Result {
        storage.withUnsafeMutableBytes { body(PageEditor(bytes: $0)) }
    }

    var count: Int { view { $0.count } }
    /// Bytes of all entries.
    var payload: Int { view { $0.payload } }
    /// Bytes of all entries and what belongs to them.
    var used: Int { view { Self.used(by: $0.count, $0.payload) } }
    var residentBytes: Int { storage.isEmpty ? 0 : storage.count + heapBlockBytes }

    static func used(by count: Int, _ payload: Int) -> Int { payload + count * slotBytes + headerBytes }

    func word(_ index: Int) -> UInt64 { view { $0.word(index) } }

    @inline(__always)
    func withBytes<Result>(_ index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        body(storage.span.extracting(view { $0.range(index) }))
    }

    func bytes(_ index: Int) -> [UInt8] {
        storage.withUnsafeBytes { [UInt8]($0[PageView<Slot>(bytes: $0).range(index)]) }
    }
}

extension Page {
    /// The caller sees to it that an entry goes into a page with others only where all starts fit 16 bits.
    mutating func insert(_ entry: UnsafeRawBufferPointer, word: UInt64 = 0, at index: Int, limit: Int) {
        makeRoom(entry.count + Self.slotBytes, limit: limit)
        edit { $0.insert(entry, word, at: index) }
    }

    mutating func removeSubrange(_ range: Range<Int>) {
        edit { $0.removeSubrange(range) }
        shrink()
    }

    /// Replaces an entry's bytes in place. False, and nothing changed, when their number is another.
    mutating func overwrite(_ index: Int, with entry: UnsafeRawBufferPointer) -> Bool {
        guard view({ $0.range(index).count }) == entry.count else { return false }
        edit { $0.overwrite(index, with: entry) }
        return true
    }

    /// Takes the entries from `index` on away, into a page of their own.
    mutating func split(at index: Int) -> Self {
        var right = Self()
        right.append(self, from: index)
        removeSubrange(index..<count)
        return right
    }

    /// Adds the entries of another page from `first` on.
    mutating func append(_ other: Self, from first: Int = 0) {
        let (start, end, count) = other.view { ($0.start(first), $0.end, $0.count) }
        guard first < count else { return }
        let needed = end - start + (count - first) * Self.slotBytes
        if storage.isEmpty { resize(to: Self.rounded(needed + Self.headerBytes)) } else { makeRoom(needed, limit: 0) }
        other.view { source in edit { $0.append(source, from: first) } }
    }

    /// Free space for `byteCount` more. A page grows by a quarter, and above `limit` only as far as it has to: many
    /// pages are half full, so doubling would waste more than it saves.
    private mutating func makeRoom(_ byteCount: Int, limit: Int) {
        let needed = used + byteCount
        guard needed > storage.count else { return }
        resize(to: max(Self.rounded(needed), min(Self.rounded(needed + needed / 4), limit)))
    }

    private mutating func shrink() {
        let used = used
        guard storage.count > Self.shrinkableBytes, used < storage.count / 2 else { return }
        resize(to: Self.rounded(used + used / 4))
    }

    private mutating func resize(to byteCount: Int) {
        var resized = Self(reserving: byteCount)
        if !storage.isEmpty { view { old in resized.edit { $0.append(old, from: 0) } } }
        self = resized
    }

    /// What fills an allocation of the C library: with the array's header of 32 bytes it is a multiple of 16, less 8.
    static func rounded(_ byteCount: Int) -> Int { (byteCount + 7) / 16 * 16 + 8 }
}
