/// Ids below a bound that nobody has, the lowest first: so what is used stays together, and the rest can be given back.
///
/// A bit for each id, in pages of 8 KiB.
struct FreeIDs: Sendable {
    private struct Page: Sendable {
        var words = ContiguousArray<UInt64>(repeating: 0, count: FreeIDs.wordsPerPage)
        var count = 0
    }

    private static let wordsPerPage = 1024
    private static let idsPerPage: UInt32 = 64 * 1024

    private var pages: ContiguousArray<Page> = []
    private(set) var count = 0

    /// The bits of 64 ids, the first of them a multiple of 64.
    subscript(word word: Int) -> UInt64 {
        let page = word / Self.wordsPerPage
        return page < pages.count ? pages[page].words[word % Self.wordsPerPage] : 0
    }

    func contains(_ id: UInt32) -> Bool { self[word: Int(id / 64)] & Self.bit(id) != 0 }

    var lowest: UInt32? {
        guard count > 0, let page = pages.firstIndex(where: { $0.count > 0 }),
            let word = pages[page].words.firstIndex(where: { $0 != 0 })
        else { return nil }
        let bit = pages[page].words[word].trailingZeroBitCount
        return UInt32(page) * Self.idsPerPage + UInt32(word * 64 + bit)
    }

    /// It must not be in already.
    mutating func insert(_ id: UInt32) { set(word: Int(id / 64), self[word: Int(id / 64)] | Self.bit(id)) }

    /// It must be in.
    mutating func remove(_ id: UInt32) { set(word: Int(id / 64), self[word: Int(id / 64)] & ~Self.bit(id)) }

    /// 64 ids at once.
    mutating func set(word: Int, _ bits: UInt64) {
        let page = word / Self.wordsPerPage
        while pages.count <= page { pages.append(Page()) }
        let difference = bits.nonzeroBitCount - self[word: word].nonzeroBitCount
        pages[page].words[word % Self.wordsPerPage] = bits
        pages[page].count += difference
        count += difference
        while let last = pages.last, last.count == 0 { pages.removeLast() }
    }

    private static func bit(_ id: UInt32) -> UInt64 { 1 << UInt64(id % 64) }
}
