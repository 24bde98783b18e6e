import RoostCore

/// Recent bodies in memory, up to a limit; the others are read back from their segments.
///
/// The unit is a block (`BodyBlock`). When the limit is exceeded, the block goes that was not used for longest; never
/// the one that is being filled, and none with records that are not written yet: only memory has those.
struct BodyCache {
    private struct Entry {
        var block: BodyBlock?
        /// Neighbours by last use; for free entries, `next` is the next free one.
        var newer = none
        var older = none
    }

    private static let none = -1

    private let bytesMax: Int
    private var entries: ContiguousArray<Entry> = []
    private var places: [BodyBlock.Key: Int] = [:]
    private var firstFree = none
    private var newest = none
    private var oldest = none
    /// The block that takes what is appended.
    private var filling: BodyBlock?
    /// The one that was looked into last: the next record is mostly there too.
    private var recent: (block: BodyBlock, place: Int)?
    private(set) var residentBytes = 0

    init(bytesMax: Int = 256 * 1_048_576) { self.bytesMax = bytesMax }

    /// Adds the payload of the newest record.
    mutating func append(_ location: BodyLocation, _ payload: UnsafeRawBufferPointer, sequence: UInt64) {
        let block = blockToFill(BodyBlock.Key(location))
        residentBytes -= block.residentBytes
        block.append(location, payload, sequence: sequence)
        residentBytes += block.residentBytes
    }

    private mutating func blockToFill(_ key: BodyBlock.Key) -> BodyBlock {
        if let filling, filling.key == key { return filling }
        let done = filling
        let block = find(key) ?? BodyBlock(key)
        filling = block
        if places[key] == nil { insert(block) }
        // Its messages may all have gone while it was filled.
        if let done, done.isDead { remove(done.key) }
        return block
    }

    mutating func find(_ location: BodyLocation) -> BodyBlock.Lookup {
        find(BodyBlock.Key(location))?.find(location) ?? .absent
    }

    /// Adds what was read. A block that is there already takes over what it lacks.
    mutating func add(_ read: BodyBlock) {
        guard let block = find(read.key) else { return insert(read) }
        residentBytes -= block.residentBytes
        block.merge(read)
        residentBytes += block.residentBytes
    }

    /// What was read of this stretch is of no use; what was appended stays.
    mutating func forget(_ location: BodyLocation) {
        let key = BodyBlock.Key(location)
        guard let block = peek(key) else { return }
        block.forgetRead()
        if block.isDead, block !== filling { remove(key) }
    }

    /// The message of this record is gone.
    mutating func release(_ location: BodyLocation) {
        let key = BodyBlock.Key(location)
        guard let block = peek(key) else { return }
        block.release(location)
        if block.isDead, block !== filling { remove(key) }
    }

    /// Brings the cache below its limit, as far as blocks are written. Call it between operations: what an operation
    /// brought in stays until it is done.
    mutating func trim(writtenThrough sequence: UInt64) {
        var place = oldest
        while residentBytes > bytesMax, place != Self.none, let block = entries[place].block {
            let newer = entries[place].newer
            if block !== filling, block.lastSequence <= sequence { remove(block.key) }
            place = newer
        }
    }

    private func peek(_ key: BodyBlock.Key) -> BodyBlock? {
        if let recent, recent.block.key == key { return recent.block }
        return places[key].flatMap { entries[$0].block }
    }

    private mutating func find(_ key: BodyBlock.Key) -> BodyBlock? {
        if let recent, recent.block.key == key { return recent.block }
        guard let place = places[key], let block = entries[place].block else { return nil }
        unlink(place)
        linkNewest(place)
        recent = (block, place)
        return block
    }
}

// MARK: - The order of use

extension BodyCache {
    private mutating func insert(_ block: BodyBlock) {
        let place = firstFree == Self.none ? entries.count : firstFree
        if place == entries.count {
            entries.append(Entry(block: block))
        } else {
            firstFree = entries[place].older
            entries[place] = Entry(block: block)
        }
        places[block.key] = place
        linkNewest(place)
        residentBytes += block.residentBytes
    }

    private mutating func remove(_ key: BodyBlock.Key) {
        guard let place = places.removeValue(forKey: key), let block = entries[place].block else { return }
        if recent?.place == place { recent = nil }
        unlink(place)
        entries[place] = Entry(block: nil, older: firstFree)
        firstFree = place
        residentBytes -= block.residentBytes
    }

    private mutating func linkNewest(_ place: Int) {
        entries[place].newer = Self.none
        entries[place].older = newest
        if newest != Self.none { entries[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (entries[place].newer, entries[place].older)
        if newer != Self.none { entries[newer].older = older } else { newest = older }
        if older != Self.none { entries[older].newer = newer } else { oldest = newer }
    }
}
