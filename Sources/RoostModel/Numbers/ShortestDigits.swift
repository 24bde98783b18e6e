/// The fewest decimal digits that read back as the same double, and of those the nearest: `digits` times ten to the
/// power of `scale`. Neither the first nor the last digit is zero.
struct ShortestDigits {
    private(set) var digits: UInt64 = 0
    private(set) var count = 0
    private(set) var scale = 0

    /// Of a finite number. Zero has no digits at all.
    init(_ number: Double) {
        // The library knows the digits, but tells them as a text only: 0.001, 12345.678, 1e+20, 5e-324.
        var text = number.description
        text.withUTF8 { read($0) }
        settle()
    }

    /// Half away from zero. Without any digits afterwards, when nothing of it is left.
    mutating func round(toDecimals decimals: Int) {
        guard scale < 0 &- decimals else { return }
        while scale < -decimals &- 1 {
            digits /= 10
            scale &+= 1
        }
        digits = (digits &+ 5) / 10
        scale &+= 1
        settle()
    }

    /// Takes zeros off the end, and counts the rest.
    private mutating func settle() {
        while digits % 10 == 0, digits > 0 {
            digits /= 10
            scale &+= 1
        }
        var rest = digits
        count = 0
        while rest > 0 {
            rest /= 10
            count &+= 1
        }
    }

    private mutating func read(_ text: UnsafeBufferPointer<UInt8>) {
        var (isFraction, isExponent, exponent, isExponentNegative) = (false, false, 0, false)
        for byte in text {
            let digit = byte &- UInt8(ascii: "0")
            switch byte {
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"): isExponent = true
            case UInt8(ascii: "-"): isExponentNegative = true
            case _ where digit > 9: break
            case _ where isExponent: exponent = exponent &* 10 &+ Int(digit)
            default:
                digits = digits &* 10 &+ UInt64(digit)
                if isFraction { scale &-= 1 }
            }
        }
        scale &+= isExponentNegative ? 0 &- exponent : exponent
    }

    /// 0.00125, 12.5, 1250
    func appendFixed(to bytes: inout [UInt8]) {
        let whole = count &+ scale
        if whole <= 0 {
            bytes.append(contentsOf: "0.".utf8)
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 0 &- whole))
        }
        IntegerText.withDigits(digits) { text in
            bytes.append(contentsOf: text.prefix(max(0, whole)))
            if whole > 0, whole < count { bytes.append(UInt8(ascii: ".")) }
            bytes.append(contentsOf: text.dropFirst(max(0, whole)))
        }
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, scale)))
    }

    /// 1.25e-7: `exponent` is that of the first digit, and has no zeros in front.
    func appendScientific(_ exponent: Int, to bytes: inout [UInt8]) {
        IntegerText.withDigits(digits) { text in
            bytes.append(contentsOf: text.prefix(1))
            if count > 1 { bytes.append(UInt8(ascii: ".")) }
            bytes.append(contentsOf: text.dropFirst())
        }
        bytes.append(contentsOf: exponent < 0 ? "e-".utf8 : "e+".utf8)
        IntegerText.append(UInt64(exponent.magnitude), to: &bytes)
    }
}
