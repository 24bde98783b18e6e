// INCRBYFLOAT and HINCRBYFLOAT calculate with C's `long double`, which has 64 bits of precision on x86: 0.1 added ten
// times gives 1 there, as 17 decimals show it. Other machines have no such type in Swift.
#if arch(x86_64) || arch(i386)
    package typealias LongDouble = Float80
#else
    package typealias LongDouble = Double
#endif

/// Long doubles as Redis writes them for people (`ld2string` with `LD_STR_HUMAN`): never with an exponent, at most 17
/// decimals, no zeros behind the last one that counts, and never `-0`.
package enum LongDoubleText {
    package static func append(_ number: LongDouble, to bytes: inout [UInt8]) {
        if number.isNaN { return bytes.append(contentsOf: "nan".utf8) }
        if number.isInfinite { return bytes.append(contentsOf: number < 0 ? "-inf".utf8 : "inf".utf8) }
        #if arch(x86_64) || arch(i386)
            appendExact(number, to: &bytes)
        #else
            // Seventeen decimals of a double would show the 10.59999999999999964 behind 10.6.
            appendShortest(number, to: &bytes)
        #endif
    }

    /// The exact value of the number, rounded to 17 decimals; as `%.17Lf`, ties to even.
    static func appendExact(_ number: LongDouble, to bytes: inout [UInt8]) {
        let parts = FixedPoint(number)
        if number < 0, !parts.isZero { bytes.append(UInt8(ascii: "-")) }
        parts.append(to: &bytes)
    }

    /// The fewest digits that read back as the same double, rounded to 17 decimals.
    package static func appendShortest(_ number: Double, to bytes: inout [UInt8]) {
        var digits = ShortestDigits(number.magnitude)
        digits.round(toDecimals: FixedPoint.decimalsMax)
        guard digits.count > 0 else { return bytes.append(UInt8(ascii: "0")) }
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        digits.appendFixed(to: &bytes)
    }
}
