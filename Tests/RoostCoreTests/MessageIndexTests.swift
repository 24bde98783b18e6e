import RoostCore
import Testing

@Suite("The message index")
struct MessageIndexTests {
    private let chunk = UInt32(MessageIndex.slotsPerChunk)

    private func use(_ count: Int, in index: inout MessageIndex) throws -> [UInt32] {
        try (0..<count).map { _ in
            guard let slot = index.freeSlot() else { throw Discrepancy("the index is full") }
            try require(!index.isUsed(slot), "slot \(slot) is in use")
            try require(index.use(slot) && index.isUsed(slot), "slot \(slot) cannot be used")
            return slot
        }
    }

    @Test("Slots given out are all different, and asking for one changes nothing")
    func allocation() throws {
        var index = MessageIndex()
        #expect(index.freeSlot() == index.freeSlot())
        let slots = try use(5000, in: &index)
        #expect(Set(slots).count == 5000 && index.count == 5000)
        #expect(index.residentChunks == 5)
        #expect(slots.max() == 4999)
    }

    @Test("A slot in use, or beyond the end, cannot be taken")
    func refusesTakenSlots() throws {
        var index = MessageIndex()
        let slot = try use(1, in: &index)[0]
        for taken in [slot, 1 << 31, .max] {
            let isTaken = index.use(taken)
            #expect(!isTaken)
        }
        #expect(!index.isUsed(1 << 31) && !index.isUsed(.max) && !index.isUsed(chunk))
        #expect(index.count == 1)
    }

    @Test("A slot starts afresh when it is used again")
    func slotsAreCleared() throws {
        var index = MessageIndex()
        let slot = try use(1, in: &index)[0]
        index[slot].noteReceive()
        index[slot].location = BodyLocation(segment: 1, offset: 8, length: 9)
        index.free(slot)
        #expect(!index.isUsed(slot))
        let isTaken = index.use(slot)
        #expect(isTaken && index[slot].receiveCount == 0 && index[slot].location == .none)
    }

    @Test("Empty chunks give their memory back, all but one")
    func freeingGivesBack() throws {
        var index = MessageIndex()
        let slots = try use(10 * MessageIndex.slotsPerChunk, in: &index)
        #expect(index.residentChunks == 10)
        for (freed, slot) in slots.enumerated() {
            index.free(slot)
            let partial = (slots.count - freed - 1 + MessageIndex.slotsPerChunk - 1) / MessageIndex.slotsPerChunk
            try require(index.residentChunks <= partial + 1, "\(index.residentChunks) chunks for \(partial)")
        }
        #expect(index.count == 0 && index.residentChunks == 1)
        #expect(index.residentBytes < 70_000)
    }

    @Test("Going up and down by one at the edge of a chunk makes no chunks")
    func noThrashing() throws {
        var index = MessageIndex()
        _ = try use(MessageIndex.slotsPerChunk, in: &index)
        let first = try use(1, in: &index)[0]
        index.free(first)
        for _ in 0..<1000 {
            #expect(index.residentChunks == 2)
            let slot = try use(1, in: &index)[0]
            #expect(index.residentChunks == 2)
            index.free(slot)
        }
    }

    @Test("Many cycles up and down leave nothing behind")
    func cycles() throws {
        var index = MessageIndex()
        var random = SplitMix64(seed: 6)
        let before = index.residentBytes
        for cycle in 0..<50 {
            var slots = try use(7000, in: &index)
            #expect(index.residentChunks <= 8)
            while !slots.isEmpty {
                let position = cycle % 3 == 0 ? slots.count - 1 : random.below(slots.count)
                slots.swapAt(position, slots.count - 1)
                index.free(slots.removeLast())
            }
            #expect(index.count == 0 && index.residentChunks == 1)
        }
        // One chunk of slots and the directory of the most chunks that there ever were.
        #expect(index.residentBytes - before < 65_536 + 8 * 256)
    }

    /// Replay takes the slots that the entries name, in any order.
    @Test("Explicit slots far beyond the end cost only their own chunks")
    func explicitSlots() throws {
        var index = MessageIndex()
        let far: [UInt32] = [100 * chunk + 5, 3 * chunk, 300 * chunk - 1, 7]
        for slot in far {
            let isTaken = index.use(slot)
            #expect(isTaken)
        }
        #expect(index.residentChunks == 4 && far.allSatisfy(index.isUsed))
        let slots = try use(320 * MessageIndex.slotsPerChunk, in: &index)
        #expect(Set(slots).isDisjoint(with: far) && Set(slots).count == slots.count)
        for slot in slots + far { index.free(slot) }
        #expect(index.count == 0 && index.residentChunks == 1)
    }

    @Test("Random use and freeing agrees with a set")
    func randomOperations() throws {
        var index = MessageIndex()
        var random = SplitMix64(seed: 7)
        var used: [UInt32] = []
        var set: Set<UInt32> = []
        for step in 0..<200_000 {
            let goal = step / 20_000 % 2 == 0 ? 70 : 30
            if random.chance(goal) || used.isEmpty {
                let slot = random.chance(90) ? index.freeSlot() ?? .max : UInt32(random.below(20_000))
                let isTaken = index.use(slot)
                try requireEqual(isTaken, set.insert(slot).inserted, "whether slot \(slot) was free")
                if isTaken { used.append(slot) }
            } else {
                used.swapAt(random.below(used.count), used.count - 1)
                let slot = used.removeLast()
                index.free(slot)
                set.remove(slot)
            }
            guard step % 1000 == 0 else { continue }
            #expect(index.count == set.count && (0..<20_480).allSatisfy { index.isUsed($0) == set.contains($0) })
        }
    }

    @Test("A copy keeps its slots while the original goes on")
    func copies() throws {
        var index = MessageIndex()
        let slots = try use(3000, in: &index)
        for slot in slots { index[slot].number = UInt64(slot) }
        let copy = index
        for slot in slots {
            index[slot].number = 0
            index.free(slot)
        }
        #expect(copy.count == 3000 && slots.allSatisfy { copy.isUsed($0) && copy[$0].number == UInt64($0) })
    }
}

@Suite("Lists of messages")
struct MessageListTests {
    @Test("Appending and removing agrees with an array, and the two pairs of links do not meet")
    func randomOperations() {
        var index = MessageIndex()
        for slot in 0..<UInt32(200) { _ = index.use(slot) }
        var (places, ages) = (MessageList<PlaceLinks>(), MessageList<AgeLinks>())
        var (placed, aged): ([UInt32], [UInt32]) = ([], [])
        var random = SplitMix64(seed: 8)
        for _ in 0..<20_000 {
            let slot = UInt32(random.below(200))
            if let position = placed.firstIndex(of: slot) {
                placed.remove(at: position)
                places.remove(slot, in: &index)
            } else {
                placed.append(slot)
                places.append(slot, in: &index)
            }
            let other = UInt32(random.below(200))
            if let position = aged.firstIndex(of: other) {
                aged.remove(at: position)
                ages.remove(other, in: &index)
            } else {
                aged.append(other)
                ages.append(other, in: &index)
            }
        }
        #expect(walk(places, index) == placed && walkBack(places, index) == placed.reversed())
        #expect(walk(ages, index) == aged && walkBack(ages, index) == aged.reversed())
    }

    @Test("One list takes over another", arguments: [(0, 0), (0, 3), (3, 0), (1, 1), (5, 7)])
    func concatenation(_ sizes: (Int, Int)) {
        var index = MessageIndex()
        var (left, right) = (MessageList<AgeLinks>(), MessageList<AgeLinks>())
        for slot in 0..<UInt32(sizes.0 + sizes.1) {
            _ = index.use(slot)
            if slot < sizes.0 { left.append(slot, in: &index) } else { right.append(slot, in: &index) }
        }
        left.append(contentsOf: &right, in: &index)
        let all = (0..<UInt32(sizes.0 + sizes.1)).map { $0 }
        #expect(right.isEmpty && left.isEmpty == all.isEmpty)
        #expect(walk(left, index) == all && walkBack(left, index) == all.reversed())
    }

    private func walk<Links: LinkField>(_ list: MessageList<Links>, _ index: MessageIndex) -> [UInt32] {
        var slots: [UInt32] = []
        var slot = list.head
        while slot != MessageSlot.none, slots.count <= 1000 {
            slots.append(slot)
            slot = Links.next(index[slot])
        }
        return slots
    }

    private func walkBack<Links: LinkField>(_ list: MessageList<Links>, _ index: MessageIndex) -> [UInt32] {
        var slots: [UInt32] = []
        var slot = list.tail
        while slot != MessageSlot.none, slots.count <= 1000 {
            slots.append(slot)
            slot = Links.previous(index[slot])
        }
        return slots
    }
}
