/// What SCAN, HSCAN, SSCAN and ZSCAN have in common.
package struct ScanOptions: Sendable, Equatable {
    /// Where the page before ended; zero at the start.
    package var cursor: UInt64
    /// How many elements are looked at, whether they match or not: at least so many, and at least one.
    package var countMin: Int
    /// Of names: of keys, fields or members. Without one all of them match.
    package var pattern: GlobPattern?
    /// NOVALUES and NOSCORES: fields or members alone.
    package var onlyNames = false

    package init(cursor: UInt64 = 0, countMin: Int = 10, pattern: GlobPattern? = nil) {
        self.cursor = cursor
        self.countMin = countMin
        self.pattern = pattern
    }
}
