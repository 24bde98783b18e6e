/// Whole numbers in decimal, as Redis' `string2ll` and `ll2string`.
package enum IntegerText {
    /// The most bytes that a number has: `-9223372036854775808`.
    package static let bytesMax = 20

    /// Nil unless `bytes` are just what `append` would write: no blanks, no `+`, no zeros in front, no `-0`.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard let first = bytes.first, bytes.count <= bytesMax else { return nil }
        if first == UInt8(ascii: "0") { return bytes.count == 1 ? 0 : nil }
        let isNegative = first == UInt8(ascii: "-")
        guard let magnitude = parseDigits(bytes, from: isNegative ? 1 : 0) else { return nil }
        if isNegative {
            return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    package static func parse(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int64? {
        parse(UnsafeRawBufferPointer(rebasing: bytes))
    }

    package static func parse(_ bytes: [UInt8]) -> Int64? { bytes.withUnsafeBytes { parse($0) } }

    /// The first digit is not zero.
    private static func parseDigits(_ bytes: UnsafeRawBufferPointer, from start: Int) -> UInt64? {
        guard start < bytes.count, bytes[start] != UInt8(ascii: "0") else { return nil }
        var number: UInt64 = 0
        for index in start..<bytes.count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tens, overflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, carries) = tens.addingReportingOverflow(UInt64(digit))
            guard !overflows, !carries else { return nil }
            number = sum
        }
        return number
    }

    package static func append(_ number: Int64, to bytes: inout [UInt8]) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        append(number.magnitude, to: &bytes)
    }

    package static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        if number < 10 { return bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: number)) }
        withDigits(number) { bytes.append(contentsOf: $0) }
    }

    /// The digits, in memory that is gone afterwards.
    @inline(__always)
    package static func withDigits<Result>(_ number: UInt64, _ use: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: bytesMax, alignment: 1) { buffer in
            var start = bytesMax
            var rest = number
            repeat {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                start &-= 1
                buffer[start] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
                rest = quotient
            } while rest != 0
            return use(UnsafeRawBufferPointer(rebasing: buffer[start...]))
        }
    }
}
