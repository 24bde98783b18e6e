/// Floating-point numbers in text, as Redis takes them (`getDoubleFromObject`, `getLongDoubleFromObject`).
///
/// That is what C's `strtod` takes: decimal and hexadecimal numbers, `inf` and `infinity` with a sign or none, in any
/// case. It has to be all there is; no NaN, nothing too large for the type, and nothing so small that it became zero.
package enum FloatText {
    /// Redis' limit for long doubles (MAX_LONG_DOUBLE_CHARS, its NUL not counted); a double has none there.
    package static let bytesMax = 5 * 1024 - 1

    package static func parseDouble(_ bytes: UnsafeRawBufferPointer) -> Double? {
        if let integer = IntegerText.parse(bytes), let exact = Double(exactly: integer) { return exact }
        return parse(bytes, Double.init)
    }

    package static func parseDouble(_ bytes: [UInt8]) -> Double? { bytes.withUnsafeBytes { parseDouble($0) } }

    package static func parseLongDouble(_ bytes: UnsafeRawBufferPointer) -> LongDouble? {
        if let integer = IntegerText.parse(bytes), let exact = LongDouble(exactly: integer) { return exact }
        return parse(bytes, LongDouble.init)
    }

    package static func parseLongDouble(_ bytes: [UInt8]) -> LongDouble? {
        bytes.withUnsafeBytes { parseLongDouble($0) }
    }

    /// An end of a range of scores, which Redis leaves to `strtod` alone: there may be blanks in front, a number that
    /// is too large is infinite, one that is too small is zero, and nothing at all is zero too.
    package static func parseBound(_ bytes: [UInt8]) -> Double? {
        if bytes.isEmpty { return 0 }
        let text = bytes.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        guard text.count <= bytesMax, text.withUnsafeBytes({ hasOnlyCharactersOfNumbers($0) }),
            let number = Double(Substring(decoding: text, as: UTF8.self)), !number.isNaN
        else { return nil }
        return number
    }

    private static func parse<Number: BinaryFloatingPoint>(
        _ bytes: UnsafeRawBufferPointer, _ convert: (Substring) -> Number?
    ) -> Number? {
        guard bytes.count <= bytesMax, hasOnlyCharactersOfNumbers(bytes),
            let number = convert(Substring(decoding: bytes, as: UTF8.self)), !number.isNaN
        else { return nil }
        if number.isInfinite { return saysInfinity(bytes) ? number : nil }
        if number.isZero { return saysZero(bytes) ? number : nil }
        return number
    }

    /// Those that a number, `infinity` or a hexadecimal number can have. What they make up is left to the conversion.
    private static func hasOnlyCharactersOfNumbers(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: isLetterOfNumbers(byte | 0x20)
            }
        }
    }

    private static func isLetterOfNumbers(_ letter: UInt8) -> Bool {
        switch letter {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "i"), UInt8(ascii: "n"), UInt8(ascii: "p"),
            UInt8(ascii: "t"), UInt8(ascii: "x"), UInt8(ascii: "y"):
            true
        default: false
        }
    }

    private static func saysInfinity(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.contains { $0 | 0x20 == UInt8(ascii: "i") }
    }

    /// Whether all digits before the exponent are zero.
    private static func saysZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isHexadecimal = bytes.contains { $0 | 0x20 == UInt8(ascii: "x") }
        let exponent = isHexadecimal ? UInt8(ascii: "p") : UInt8(ascii: "e")
        let digits = bytes.prefix { $0 | 0x20 != exponent }
        return !digits.contains { byte in
            switch byte | 0x20 {
            case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
            default: false
            }
        }
    }
}
