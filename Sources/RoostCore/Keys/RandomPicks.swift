/// Random numbers from the one that a command is given (Steele, Lea and Flood, 2014: SplitMix).
struct RandomPicks {
    private var state: UInt64

    init(_ random: UInt64) { state = random }

    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }

    /// From 0 up to, but not including, `bound`, which is positive.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Different numbers below `bound`, at most as many as there are; every choice is as likely as any other (Floyd, in
    /// Bentley: "A sample of brilliance", 1987). What it costs depends on `count` alone.
    mutating func distinct(_ count: Int, below bound: Int) -> [Int] {
        guard count < bound else { return Array(0..<max(0, bound)) }
        var (picked, order) = (Set<Int>(), [Int]())
        for last in bound - max(0, count)..<bound {
            let pick = below(last + 1)
            let new = picked.contains(pick) ? last : pick
            picked.insert(new)
            order.append(new)
        }
        return order
    }
}
