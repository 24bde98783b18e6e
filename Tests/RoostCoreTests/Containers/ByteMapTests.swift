import RoostCore
import Testing

/// What a test needs of a column: values that can be made and compared.
private protocol TestedColumn: TreeColumn where Value: Equatable {
    static func value(_ random: inout SplitMix64) -> Value
}

extension BytesColumn: TestedColumn {
    fileprivate static func value(_ random: inout SplitMix64) -> [UInt8] { random.element() }
}

private protocol TestedValue: Equatable, Sendable {
    static func value(_ random: inout SplitMix64) -> Self
}

extension ArrayColumn: TestedColumn where Value: TestedValue {
    fileprivate static func value(_ random: inout SplitMix64) -> Value { Value.value(&random) }
}

extension String: TestedValue {
    fileprivate static func value(_ random: inout SplitMix64) -> String { "value \(random.below(1000))" }
}

extension Bool: TestedValue {
    fileprivate static func value(_ random: inout SplitMix64) -> Bool { random.chance(50) }
}

@Suite("The map of byte strings")
struct ByteMapTests {
    enum Hashing: CaseIterable { case good, bad, constant }

    private static let hasher = KeyHasher(SealingKey(words: (1, 2, 3, 4)))

    private static func hash(_ key: [UInt8], _ hashing: Hashing) -> UInt64 {
        switch hashing {
        case .good: hasher.hash(key)
        case .bad: hasher.hash(key) % 5
        case .constant: 0
        }
    }

    /// A map and a dictionary that went through the same.
    private struct Pair<Column: TestedColumn> {
        var map: ByteMap<Column>
        let hashing: Hashing
        var dictionary: [[UInt8]: Column.Value] = [:]

        func hash(_ key: [UInt8]) -> UInt64 { ByteMapTests.hash(key, hashing) }

        mutating func change(_ random: inout SplitMix64, removals: Int) {
            let key = random.key()
            if random.chance(removals) {
                #expect(map.remove(key, hash: hash(key)) == dictionary.removeValue(forKey: key))
            } else {
                let value = Column.value(&random)
                #expect(map.insert(key, hash: hash(key), value) == dictionary.updateValue(value, forKey: key))
            }
            #expect(map.count == dictionary.count && map.isEmpty == dictionary.isEmpty)
            let other = random.key()
            #expect(map.value(other, hash: hash(other)) == dictionary[other])
            #expect(map.contains(other, hash: hash(other)) == (dictionary[other] != nil))
        }

        func check() throws {
            try #require(map.violation == nil)
            var found: [[UInt8]: Column.Value] = [:]
            var hashes: [UInt64] = []
            map.forEach { span, values, index in
                let key = span.array
                #expect(map.rank(of: key, hash: hash(key)) == hashes.count)
                let atRank: [UInt8] = map.withEntry(at: hashes.count) { key, _, _ in key.array }
                #expect(atRank == key)
                found[key] = values.value(index)
                hashes.append(hash(key))
                return true
            }
            try #require(found == dictionary && hashes.count == dictionary.count && hashes == hashes.sorted())
        }
    }

    private func runHistories<Column: TestedColumn>(
        _ type: Column.Type, _ limits: NodeLimits, _ hashing: Hashing
    ) throws {
        for seed in UInt64(1)...3 {
            var random = SplitMix64(seed: seed)
            var pair = Pair<Column>(map: ByteMap(limits: limits), hashing: hashing)
            var copies: [Pair<Column>] = []
            for step in 0..<4000 {
                pair.change(&random, removals: step / 1000 % 2 == 0 ? 25 : 75)
                if step % 97 == 0 { try pair.check() }
                if step % 400 == 0 { copies.append(pair) }
                if copies.count > 4 { try copies.remove(at: random.below(copies.count)).check() }
            }
            for copy in copies { try copy.check() }
        }
    }

    @Test(
        "Random histories agree with a dictionary, and copies stay as they were",
        arguments: limitsToTest, Hashing.allCases)
    func randomHistories(limits: NodeLimits, hashing: Hashing) throws {
        try runHistories(ArrayColumn<String>.self, limits, hashing)
        try runHistories(BytesColumn.self, limits, hashing)
        try runHistories(ArrayColumn<Bool>.self, limits, hashing)
    }

    @Test("A scan meets each entry that stays, whatever comes and goes", arguments: Hashing.allCases)
    func scanning(hashing: Hashing) throws {
        var random = SplitMix64(seed: 4)
        var set = ByteSet(limits: limitsToTest[0])
        let staying = (0..<200).map { Array("staying \($0)".utf8) }
        let passing = (0..<200).map { Array("passing \($0)".utf8) }
        for key in staying { set.insert(key, hash: Self.hash(key, hashing), ()) }
        for count in [1, 3, 10, 1000] {
            var (met, cursor, calls) = (Set<[UInt8]>(), UInt64(0), 0)
            repeat {
                var inCall = 0
                cursor = set.scan(from: cursor, atLeast: count) { key, _, _ in
                    met.insert(key.array)
                    inCall += 1
                }
                #expect(inCall >= count || cursor == 0)
                if hashing == .good { #expect(inCall <= count) }
                calls += 1
                for _ in 0..<10 {
                    let key = random.pick(passing)
                    if set.remove(key, hash: Self.hash(key, hashing)) == nil {
                        set.insert(key, hash: Self.hash(key, hashing), ())
                    }
                }
            } while cursor != 0
            #expect(met.isSuperset(of: staying) && calls <= 400 / count + 2)
        }
        #expect(set.violation == nil)
    }

    @Test("A scan of nothing, from anywhere, ends at once")
    func scanningNothing() {
        var set = ByteSet()
        #expect(set.scan(from: 0, atLeast: 10) { _, _, _ in } == 0)
        set.insert([1], hash: 7, ())
        #expect(set.scan(from: 8, atLeast: 10) { _, _, _ in Issue.record("nothing is there") } == 0)
        #expect(set.scan(from: .max, atLeast: 0) { _, _, _ in } == 0)
        // A count of zero still gets on.
        #expect(set.scan(from: 0, atLeast: 0) { _, _, _ in } == 0)
    }

    @Test("Values change in place")
    func updating() {
        var map = ValueMap<[Int]>(limits: limitsToTest[0])
        for number in UInt8(0)..<100 { map.insert([number], hash: UInt64(number % 10), [Int(number)]) }
        let copy = map
        for number in UInt8(0)..<100 {
            let isThere: Void? = map.update([number], hash: UInt64(number % 10)) { $0.append(1) }
            #expect(isThere != nil)
        }
        let isThere: Void? = map.update([100], hash: 0) { $0.append(1) }
        #expect(isThere == nil)
        for number in UInt8(0)..<100 {
            #expect(map.withValue([number], hash: UInt64(number % 10)) { $0 } == [Int(number), 1])
            #expect(copy.value([number], hash: UInt64(number % 10)) == [Int(number)])
        }
        #expect(map.violation == nil && map.withValue([100], hash: 0) { $0 } == nil)
    }

    @Test("Empty and large keys and values", arguments: limitsToTest)
    func unusualSizes(limits: NodeLimits) {
        var map = BytesMap(limits: limits)
        let sizes = [0, 1, 5_000, 65_535, 65_536, 1 << 20]
        let strings = sizes.map { [UInt8](repeating: 9, count: $0) }
        for key in strings {
            for value in strings {
                map.insert(key, hash: 3, value)
                #expect(map.violation == nil && map.value(key, hash: 3) == value)
            }
        }
        #expect(map.count == sizes.count && map.byteCount == sizes.reduce(0, +) + sizes.count << 20)
        for key in strings.reversed() { #expect(map.remove(key, hash: 3)?.count == 1 << 20) }
        #expect(map.isEmpty && map.residentBytes == 0 && map.violation == nil)
    }

    @Test("Entries removed by rank, and all at once")
    func removing() {
        var random = SplitMix64(seed: 6)
        var map = ValueMap<Int>(limits: limitsToTest[1])
        for number in 0..<1000 { map.insert(Array("\(number)".utf8), hash: UInt64(number * 7919 % 1000), number) }
        var left = Set(0..<1000)
        while map.count > 500 {
            let rank = random.below(map.count)
            left.remove(map.withEntry(at: rank) { _, values, index in values[index] })
            map.remove(at: rank)
        }
        #expect(left.count == 500 && map.violation == nil)
        var remains = map.removeAll()
        #expect(map.isEmpty && map.residentBytes == 0 && remains.residentBytes > 0)
        while !remains.isEmpty { remains.free(10) { _, values, index in left.remove(values[index]) } }
        #expect(left.isEmpty && remains.residentBytes == 0)
    }

    @Test("A hash has 53 bits and depends on key, length and secret")
    func hashes() {
        let other = KeyHasher(SealingKey(words: (1, 3, 3, 4)))
        let keys: [[UInt8]] = [[], [0], [0, 0], [1], Array("12345678".utf8), Array("123456780".utf8)]
        let hashes = keys.map { Self.hasher.hash($0) } + keys.map { other.hash($0) }
        #expect(Set(hashes).count == hashes.count && hashes.allSatisfy { $0 < 1 << 53 })
        #expect(hashes.reduce(0, |) >> 52 == 1)
    }

    @Test("Memory goes back when entries do")
    func memoryGoesBack() {
        var set = ByteSet()
        let keys = (0..<200_000).map { withUnsafeBytes(of: UInt64($0)) { Array($0) } }
        for key in keys { set.insert(key, hash: Self.hasher.hash(key), ()) }
        let full = set.residentBytes
        #expect(full < 30 * keys.count && set.byteCount == 8 * keys.count)
        for key in keys.dropFirst(1000) { set.remove(key, hash: Self.hasher.hash(key)) }
        #expect(set.violation == nil && set.count == 1000)
        #expect(set.residentBytes < full / 50, "\(set.residentBytes) of \(full) bytes are left")
    }
}
