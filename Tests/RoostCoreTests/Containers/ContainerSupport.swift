import RoostCore

/// Small nodes split and merge all the time; large ones are what runs.
let limitsToTest = [
    NodeLimits(pageBytes: 64, entries: 4, children: 4),
    NodeLimits(pageBytes: 200, entries: 9, children: 5),
    NodeLimits(),
]

extension SplitMix64 {
    /// Bytes of some length, now and then too many for a small page.
    mutating func element() -> [UInt8] {
        let longest = pick([0, 1, 4, 4, 20, 20, 20, 20, 20, 300])
        return bytes(below(longest + 1))
    }

    /// Few different ones, so that equal ones meet: many begin alike, some are empty, some long.
    mutating func key(of count: Int = 400) -> [UInt8] {
        let number = below(count)
        let start = [UInt8](repeating: UInt8(number % 3), count: number % 7 == 0 ? 90 : number % 5)
        return start + withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0.drop { $0 == 0 }) }
    }

    mutating func range(in count: Int) -> Range<Int> {
        let (first, second) = (below(count + 1), below(count + 1))
        return min(first, second)..<max(first, second)
    }
}

extension Span<UInt8> {
    var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
