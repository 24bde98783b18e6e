import CAllocationCounter
import RoostCore
import Testing

/// What a change allocates is what it copies: nothing in a container held once, one node a level when a copy is held.
@Suite("Containers and their copies", .enabled(if: allocation_counter_counts()))
struct SharingTests {
    /// Leaf, branches and root of a hundred thousand entries; the page of the leaf and its column.
    private static let pathAllocationsMax: UInt64 = 6
    private static let count = 100_000

    private func allocations(_ body: () -> Void) -> UInt64 {
        let before = allocation_counter_count()
        body()
        return allocation_counter_count() - before
    }

    @Test("A list that is held once changes in place; a copy makes the first change copy one path")
    func list() {
        let element = [UInt8](repeating: 1, count: 100)
        var list = PackedList()
        for _ in 0..<Self.count { list.append(element) }
        #expect(allocations { list.replace(at: 50_000, with: element) } == 0)
        #expect(allocations { list.removeAndInsert(element, at: 50_000) } <= 1, "a page may be made anew, no more")
        var copy: PackedList? = nil
        #expect(allocations { copy = list } == 0)
        let first = allocations { list.replace(at: 50_000, with: element) }
        #expect(first > 1 && first <= Self.pathAllocationsMax)
        #expect(allocations { list.replace(at: 50_000, with: element) } == 0)
        #expect(allocations { list.replace(at: 50_001, with: element) } <= 1)
        copy = nil
        #expect(allocations { list.replace(at: 10, with: element) } == 0)
        withExtendedLifetime(copy) {}
    }

    @Test("A map that is held once changes in place; a copy makes the first change copy one path")
    func map() {
        let keys = (0..<Self.count).map { withUnsafeBytes(of: $0) { Array($0) } }
        var map = ValueMap<Int>()
        for (number, key) in keys.enumerated() { map.insert(key, hash: Self.hash(number), number) }
        let (key, hash) = (keys[777], Self.hash(777))
        #expect(allocations { map.insert(key, hash: hash, 5) } == 0)
        #expect(allocations { _ = map.update(key, hash: hash) { $0 += 1 } } == 0)
        let copy = map
        let first = allocations { _ = map.update(key, hash: hash) { $0 += 1 } }
        #expect(first > 1 && first <= Self.pathAllocationsMax)
        #expect(allocations { _ = map.update(key, hash: hash) { $0 += 1 } } == 0)
        #expect(copy.value(key, hash: hash) == 6 && map.value(key, hash: hash) == 8)
    }

    @Test("A value that is an array is changed in its place")
    func nestedValue() {
        var map = ValueMap<ContiguousArray<Int>>()
        for number in 0..<1000 {
            var array: ContiguousArray<Int> = [number]
            array.reserveCapacity(100)
            map.insert([UInt8(number % 256), UInt8(number / 256)], hash: Self.hash(number), array)
        }
        let grown = allocations {
            for number in 0..<1000 {
                _ = map.update([UInt8(number % 256), UInt8(number / 256)], hash: Self.hash(number)) { $0.append(1) }
            }
        }
        // The keys are arrays too.
        #expect(grown <= 1000)
    }

    @Test("A tree that is held once changes in place; a copy makes the first change copy one path")
    func scores() {
        let members = (0..<Self.count).map { withUnsafeBytes(of: $0) { Array($0) } }
        var tree = ScoreTree()
        for (number, member) in members.enumerated() { tree.insert(Double(number), member) }
        #expect(allocations { tree.removeAndInsert(777, members[777]) } <= 1)
        let copy = tree
        let first = allocations { tree.remove(777, members[777]) }
        #expect(first > 1 && first <= Self.pathAllocationsMax)
        #expect(copy.rank(of: 777, members[777]) == 777)
    }

    @Test("Taking a range or all away and freeing it in slices does a bounded amount of work at a time")
    func slices() {
        var list = PackedList()
        for _ in 0..<Self.count { list.append([1, 2, 3]) }
        var remains = list.removeAll()
        #expect(list.isEmpty && list.residentBytes == 0)
        var last = remains.residentBytes
        var slices = 0
        while !remains.isEmpty {
            remains.free(1000)
            // A thousand elements and what shares a page with the last of them.
            #expect(last - remains.residentBytes < 1300 * 8)
            (last, slices) = (remains.residentBytes, slices + 1)
        }
        #expect(slices > 50 && last == 0)
    }

    /// Any bijection will do.
    private static func hash(_ number: Int) -> UInt64 { UInt64(number) &* 0x9e37_79b9_7f4a_7c15 >> 11 }
}

extension PackedList {
    fileprivate mutating func removeAndInsert(_ element: [UInt8], at position: Int) {
        remove(at: position)
        insert(element, at: position)
    }
}

extension ScoreTree {
    fileprivate mutating func removeAndInsert(_ score: Double, _ member: [UInt8]) {
        remove(score, member)
        insert(score, member)
    }
}
