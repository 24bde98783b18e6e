import RoostLog

/// All randomness of a run: from its seed, and from nothing else.
struct Dice: Sendable {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func number() -> UInt64 { generator.next() }

    mutating func below(_ count: Int) -> Int { Int(generator.next() % UInt64(max(count, 1))) }

    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    mutating func chance(percent: Int) -> Bool { below(100) < percent }

    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    /// Small values are likely, large ones possible: the length of bodies and spans of time.
    mutating func skewed(_ range: ClosedRange<Int>) -> Int {
        let width = range.upperBound - range.lowerBound
        guard width > 0 else { return range.lowerBound }
        let bits = Int.bitWidth - width.leadingZeroBitCount
        return range.lowerBound + min(width, below(1 << within(1...bits)))
    }
}
