/// Picks that follow from the one random number that a command gets (SplitMix64).
struct RandomPicks {
    private var state: UInt64

    init(_ random: UInt64) { state = random }

    /// A number from 0 up to, but not including, `bound`, which is positive.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        bits ^= bits >> 31
        return Int(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Different numbers below `bound`, which is at least `count`: every choice is as likely, in a time that `count`
    /// alone decides (Floyd's sample).
    mutating func distinct(_ count: Int, below bound: Int) -> [Int] {
        var (picks, taken) = ([Int](), Set<Int>())
        for last in bound - count..<bound {
            let pick = below(last + 1)
            // `last` was not to be had before.
            picks.append(taken.insert(pick).inserted ? pick : last)
            if picks.last == last { taken.insert(last) }
        }
        return picks
    }
}
