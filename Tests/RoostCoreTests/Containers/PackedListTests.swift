import RoostCore
import Testing

extension PackedList {
    fileprivate var all: [[UInt8]] { elements(in: 0..<count) }

    fileprivate func elements(in range: Range<Int>) -> [[UInt8]] {
        var found: [[UInt8]] = []
        forEach(in: range) { position, element in
            #expect(position == range.lowerBound + found.count)
            found.append(element.array)
            return true
        }
        return found
    }
}

@Suite("The packed list")
struct PackedListTests {
    /// A list and an array that went through the same.
    private struct Pair {
        var list: PackedList
        var array: [[UInt8]] = []

        mutating func change(_ random: inout SplitMix64, growing: Bool) {
            switch random.below(growing ? 16 : 22) {
            case 0..<4:
                add(random.element()) {
                    $0.append($2); $1.append($2)
                }
            case 4..<8:
                add(random.element()) {
                    $0.prepend($2); $1.insert($2, at: 0)
                }
            case 8..<12:
                let position = random.below(array.count + 1)
                add(random.element()) {
                    $0.insert($2, at: position); $1.insert($2, at: position)
                }
            case 12 where !array.isEmpty: pop(first: true)
            case 13 where !array.isEmpty: pop(first: false)
            case 14 where !array.isEmpty:
                let position = random.below(array.count)
                add(random.element()) {
                    $0.replace(at: position, with: $2); $1[position] = $2
                }
            case 15..<20 where !array.isEmpty:
                let position = random.below(array.count)
                list.remove(at: position)
                array.remove(at: position)
            case 20 where random.chance(10): remove(random.range(in: array.count))
            case 21: remove(0..<random.below(min(20, array.count) + 1))
            default: break
            }
        }

        private mutating func add(
            _ element: [UInt8], _ change: (inout PackedList, inout [[UInt8]], [UInt8]) -> Void
        ) {
            change(&list, &array, element)
        }

        private mutating func pop(first: Bool) {
            #expect((first ? list.popFirst() : list.popLast()) == (first ? array.removeFirst() : array.removeLast()))
        }

        private mutating func remove(_ range: Range<Int>) {
            let before = list.residentBytes
            var remains = list.removeSubrange(range)
            array.removeSubrange(range)
            // Pages at the ends of the range stay and may be made anew.
            #expect(remains.residentBytes <= before && remains.isEmpty == (remains.residentBytes == 0))
            while !remains.isEmpty { remains.free(3) }
        }

        func check() throws {
            try #require(list.violation == nil)
            try #require(list.all == array)
            #expect(list.byteCount == array.reduce(0) { $0 + $1.count } && list.isEmpty == array.isEmpty)
        }
    }

    @Test("Random histories agree with an array, and copies stay as they were", arguments: limitsToTest)
    func randomHistories(limits: NodeLimits) throws {
        for seed in UInt64(1)...6 {
            var random = SplitMix64(seed: seed)
            var pair = Pair(list: PackedList(limits: limits))
            var copies: [Pair] = []
            for step in 0..<6000 {
                pair.change(&random, growing: step / 1000 % 2 == 0)
                if step % 37 == 0 { try pair.check() }
                if step % 400 == 0 { copies.append(pair) }
                if copies.count > 5 { try copies.remove(at: random.below(copies.count)).check() }
                if step % 50 == 0 { compareWalks(pair, &random) }
            }
            for copy in copies { try copy.check() }
        }
    }

    private func compareWalks(_ pair: Pair, _ random: inout SplitMix64) {
        let range = random.range(in: pair.array.count)
        #expect(pair.list.elements(in: range) == Array(pair.array[range]))
        let limit = 1 + random.below(10)
        var reversed: [[UInt8]] = []
        pair.list.forEachReversed(in: range) { position, element in
            #expect(position == range.upperBound - 1 - reversed.count)
            reversed.append(element.array)
            return reversed.count < limit
        }
        #expect(reversed == Array(pair.array[range].reversed().prefix(limit)))
        for position in range.prefix(3) {
            #expect(pair.list[position] == pair.array[position])
            #expect(pair.list.withBytes(at: position) { $0.array } == pair.array[position])
        }
        guard let element = pair.array.isEmpty ? nil : random.pick(pair.array) else { return }
        var (rising, falling): ([Int], [Int]) = ([], [])
        pair.list.forEachPosition(of: element, in: range) { rising.append($0) == () }
        pair.list.forEachPositionReversed(of: element, in: range) { falling.append($0) == () }
        #expect(rising == range.filter { pair.array[$0] == element } && falling == rising.reversed())
    }

    @Test("Large elements stand beside small ones", arguments: limitsToTest)
    func largeElements(limits: NodeLimits) throws {
        var random = SplitMix64(seed: 5)
        var pair = Pair(list: PackedList(limits: limits))
        for step in 0..<120 {
            let length =
                [1 << 20, 70_000, 65_536, 65_535, 4_056, 4_048, 12, 0][step % 8] - (step % 3 == 0 ? 0 : step % 5)
            let element = [UInt8](repeating: UInt8(step), count: max(0, length))
            let position = random.below(pair.array.count + 1)
            pair.list.insert(element, at: position)
            pair.array.insert(element, at: position)
            let other = random.below(pair.array.count)
            let shorter = [UInt8](pair.array[other].prefix(random.below(100_000)))
            pair.list.replace(at: other, with: shorter)
            pair.array[other] = shorter
            try #require(pair.list.violation == nil)
        }
        try pair.check()
        while !pair.array.isEmpty {
            let position = random.below(pair.array.count)
            pair.list.remove(at: position)
            pair.array.remove(at: position)
        }
        try pair.check()
        #expect(pair.list.residentBytes == 0)
    }

    @Test("An empty list has nothing to pop, to visit or to remove")
    func emptyList() {
        var list = PackedList()
        #expect(list.isEmpty && list.popFirst() == nil && list.popLast() == nil && list.all.isEmpty)
        #expect(list.removeAll().isEmpty && list.removeSubrange(0..<0).isEmpty && list.residentBytes == 0)
        list.append([])
        #expect(list.count == 1 && list[0] == [] && list.byteCount == 0 && list.popLast() == [])
        #expect(list.violation == nil && list.residentBytes == 0)
    }

    @Test("A long list of 100 bytes costs less than 1.1 of them each, from whichever end it grew")
    func memoryOfLongLists() {
        let element = [UInt8](repeating: 1, count: 100)
        var (appended, prepended) = (PackedList(), PackedList())
        for _ in 0..<20_000 {
            appended.append(element)
            prepended.prepend(element)
        }
        #expect(appended.residentBytes < 110 * 20_000 && prepended.residentBytes < 110 * 20_000)
    }

    @Test("Memory goes back when elements do, in any order", arguments: [true, false])
    func memoryGoesBack(atRandom: Bool) throws {
        var random = SplitMix64(seed: 8)
        var list = PackedList()
        for _ in 0..<1_000_000 { list.append([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) }
        let full = list.residentBytes
        while list.count > 1000 { list.remove(at: atRandom ? random.below(list.count) : 0) }
        #expect(list.violation == nil && list.byteCount == 10_000)
        #expect(list.residentBytes < full / 200, "\(list.residentBytes) of \(full) bytes are left")
    }
}
