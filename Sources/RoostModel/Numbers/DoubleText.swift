/// Doubles as Redis 7.2 writes them (`d2string`): scores, distances, and whatever else is not a long double.
///
/// The digits are the shortest that read back as the same number. Where they lie decides on the form:
///
///     12      whole numbers up to 2^62
///     1.5     otherwise, with six decimals or fewer, or from 0.001 up to 9999.99… with any number of decimals
///     1e+20   the rest; a number that ends in seven zeros or fewer stands without exponent, too
///
/// Redis finds the digits by Grisu2, which for one number in a thousand takes one digit more than is needed. Here it is
/// always the shortest form, and of those the nearest; both read back as the same number.
package enum DoubleText {
    package static func append(_ number: Double, to bytes: inout [UInt8]) {
        if number.isNaN { return bytes.append(contentsOf: "nan".utf8) }
        if number.sign == .minus { bytes.append(UInt8(ascii: "-")) }
        if number.isInfinite { return bytes.append(contentsOf: "inf".utf8) }
        let magnitude = number.magnitude
        if magnitude <= 0x1p62, Double(UInt64(magnitude)) == magnitude {
            IntegerText.append(UInt64(magnitude), to: &bytes)
        } else {
            append(ShortestDigits(magnitude), isNegative: number.sign == .minus, to: &bytes)
        }
    }

    /// A number that is not whole, or larger than 2^62.
    private static func append(_ digits: ShortestDigits, isNegative: Bool, to bytes: inout [UInt8]) {
        // Of the first digit: 3 in 1234.5.
        let exponent = digits.count &+ digits.scale &- 1
        if digits.scale >= 0, digits.scale <= 7 {
            digits.appendFixed(to: &bytes)
        } else if digits.scale < 0, digits.scale > -7 || abs(exponent) < 4 {
            digits.appendFixed(to: &bytes)
        } else {
            digits.appendScientific(exponent, to: &bytes)
        }
    }
}
