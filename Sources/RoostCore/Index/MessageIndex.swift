/// The slots of all messages of all queues, in chunks of 1,024 that are made and freed whole.
///
/// A chunk is 60 KiB: below 64 KiB, so that copying one after a snapshot was taken stays short, and below the size
/// above which the C library maps memory for every single allocation. Chunks stand in groups of 128, so that the first
/// change after a snapshot copies two short arrays instead of one long one (research: 723 against 33 microseconds).
package struct MessageIndex {
    package static let slotsPerChunk = 1024
    static let chunksPerGroup = 128
    /// Slots stay below 2^31: see `MessageSlot.none`.
    static let chunksMax = 1 << 21

    struct Chunk {
        /// Empty while no slot is in use.
        var slots: ContiguousArray<MessageSlot> = []
        /// One bit for each slot in use.
        var used: InlineArray<16, UInt64> = .init(repeating: 0)
        var usedCount = 0
        /// Links of the list of chunks with room, and, for chunks without slots, of the vacant ones.
        var previous: UInt32 = MessageSlot.none
        var next: UInt32 = MessageSlot.none
    }

    var groups: ContiguousArray<ContiguousArray<Chunk>> = []
    var chunkCount: UInt32 = 0
    /// Chunks that have both used and free slots, and at most one that has only free ones.
    var firstWithRoom: UInt32 = MessageSlot.none
    var firstVacant: UInt32 = MessageSlot.none
    var emptyChunk: UInt32 = MessageSlot.none

    package internal(set) var count = 0
    package internal(set) var residentChunks = 0

    package init() {}

    package var residentBytes: Int {
        residentChunks * Self.slotsPerChunk * MemoryLayout<MessageSlot>.stride
            + Int(chunkCount) * MemoryLayout<Chunk>.stride
    }

    /// The slot must be in use.
    package subscript(slot: UInt32) -> MessageSlot {
        @inline(__always) _read {
            let (group, chunk, place) = Self.split(slot)
            yield groups[group][chunk].slots[place]
        }
        @inline(__always) _modify {
            let (group, chunk, place) = Self.split(slot)
            yield &groups[group][chunk].slots[place]
        }
    }

    package func isUsed(_ slot: UInt32) -> Bool {
        let index = slot / UInt32(Self.slotsPerChunk)
        guard index < chunkCount else { return false }
        let place = Int(slot) % Self.slotsPerChunk
        return self[chunk: index].used[place / 64] >> UInt64(place % 64) & 1 == 1
    }

    /// Visits slots in use, in rising order.
    package func forEachUsed(_ visit: (UInt32) -> Void) {
        for chunk in 0..<chunkCount where self[chunk: chunk].usedCount > 0 {
            for word in 0..<16 {
                var bits = self[chunk: chunk].used[word]
                while bits != 0 {
                    visit(chunk * UInt32(Self.slotsPerChunk) + UInt32(word * 64 + bits.trailingZeroBitCount))
                    bits &= bits - 1
                }
            }
        }
    }

    /// A slot that is free now, or nil when the index is full. Changes nothing.
    package func freeSlot() -> UInt32? {
        if firstWithRoom != MessageSlot.none {
            return firstFreeSlot(inChunk: firstWithRoom)
        }
        let index = firstVacant != MessageSlot.none ? firstVacant : chunkCount
        return index < Self.chunksMax ? index * UInt32(Self.slotsPerChunk) : nil
    }

    /// Takes a free slot into use. False when it is in use already or beyond the end.
    package mutating func use(_ slot: UInt32, for message: MessageSlot = MessageSlot()) -> Bool {
        let index = slot / UInt32(Self.slotsPerChunk)
        guard index < Self.chunksMax, !isUsed(slot) else { return false }
        extend(through: index)
        if self[chunk: index].slots.isEmpty { fill(index) }
        let place = Int(slot) % Self.slotsPerChunk
        self[chunk: index].used[place / 64] |= 1 << UInt64(place % 64)
        self[chunk: index].usedCount += 1
        self[chunk: index].slots[place] = message
        if index == emptyChunk { emptyChunk = MessageSlot.none }
        if self[chunk: index].usedCount == Self.slotsPerChunk { unlink(index, from: \.firstWithRoom) }
        count += 1
        return true
    }

    /// The slot must be in use.
    package mutating func free(_ slot: UInt32) {
        let index = slot / UInt32(Self.slotsPerChunk)
        let place = Int(slot) % Self.slotsPerChunk
        self[chunk: index].slots[place].place = .free
        self[chunk: index].used[place / 64] &= ~(1 << UInt64(place % 64))
        self[chunk: index].usedCount -= 1
        count -= 1
        switch self[chunk: index].usedCount {
        case Self.slotsPerChunk - 1: link(index, into: \.firstWithRoom)
        case 0: keepOneEmpty(index)
        default: break
        }
    }
}

extension MessageIndex {
    static func split(_ slot: UInt32) -> (group: Int, chunk: Int, place: Int) {
        let chunk = Int(slot) / slotsPerChunk
        return (chunk / chunksPerGroup, chunk % chunksPerGroup, Int(slot) % slotsPerChunk)
    }

    subscript(chunk index: UInt32) -> Chunk {
        @inline(__always) _read { yield groups[Int(index) / Self.chunksPerGroup][Int(index) % Self.chunksPerGroup] }
        @inline(__always) _modify {
            yield &groups[Int(index) / Self.chunksPerGroup][Int(index) % Self.chunksPerGroup]
        }
    }

    private func firstFreeSlot(inChunk index: UInt32) -> UInt32? {
        for word in 0..<16 {
            let free = ~self[chunk: index].used[word]
            if free != 0 {
                return index * UInt32(Self.slotsPerChunk) + UInt32(word * 64 + free.trailingZeroBitCount)
            }
        }
        return nil
    }

    /// The message in a slot that is in use; nil for one that is not, or is beyond the end.
    @inline(__always)
    func message(inUsed slot: UInt32) -> MessageSlot? {
        isUsed(slot) ? self[slot] : nil
    }

    /// Takes up a chunk as it was written down, behind the others.
    mutating func restore(_ chunk: consuming Chunk) {
        if Int(chunkCount) % Self.chunksPerGroup == 0 { appendGroup() }
        count += chunk.usedCount
        if !chunk.slots.isEmpty { residentChunks += 1 }
        groups[groups.count - 1].append(chunk)
        chunkCount += 1
    }

    private mutating func appendGroup() {
        var group = ContiguousArray<Chunk>()
        group.reserveCapacity(Self.chunksPerGroup)
        groups.append(group)
    }

    /// Makes directory entries up to `index`; all new ones are vacant.
    private mutating func extend(through index: UInt32) {
        while chunkCount <= index {
            if Int(chunkCount) % Self.chunksPerGroup == 0 { appendGroup() }
            groups[groups.count - 1].append(Chunk())
            chunkCount += 1
            link(chunkCount - 1, into: \.firstVacant)
        }
    }

    private mutating func fill(_ index: UInt32) {
        unlink(index, from: \.firstVacant)
        self[chunk: index].slots = ContiguousArray(repeating: MessageSlot(), count: Self.slotsPerChunk)
        residentChunks += 1
        link(index, into: \.firstWithRoom)
    }

    /// Gives the memory of an empty chunk back, but keeps one: a queue that goes up and down by one message must not
    /// make and free a chunk each time.
    private mutating func keepOneEmpty(_ index: UInt32) {
        guard emptyChunk != MessageSlot.none else {
            emptyChunk = index
            return
        }
        unlink(index, from: \.firstWithRoom)
        self[chunk: index].slots = []
        residentChunks -= 1
        link(index, into: \.firstVacant)
    }

    private mutating func link(_ index: UInt32, into head: WritableKeyPath<Self, UInt32>) {
        let first = self[keyPath: head]
        self[chunk: index].previous = MessageSlot.none
        self[chunk: index].next = first
        if first != MessageSlot.none { self[chunk: first].previous = index }
        self[keyPath: head] = index
    }

    private mutating func unlink(_ index: UInt32, from head: WritableKeyPath<Self, UInt32>) {
        let (previous, next) = (self[chunk: index].previous, self[chunk: index].next)
        if previous != MessageSlot.none {
            self[chunk: previous].next = next
        } else {
            self[keyPath: head] = next
        }
        if next != MessageSlot.none { self[chunk: next].previous = previous }
    }
}
