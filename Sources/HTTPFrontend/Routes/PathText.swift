import Hummingbird
package import RoostModel

/// A part of a path that names something by any bytes: percent-encoded (RFC 3986 section 2.1), which the router leaves
/// as it is.
package enum PathText {
    static func bytes(_ name: String, in context: some RequestContext) throws -> Bytes {
        guard let bytes = decoded(context.parameters.get(name) ?? "") else {
            throw Problem.invalidField("The path has a % without two hexadecimal digits behind it.")
        }
        return bytes
    }

    /// Nil: an escape is not whole.
    ///
    /// - Parameter plus: what a plus stands for; in queries a space.
    package static func decoded(_ text: some StringProtocol, plus: UInt8 = UInt8(ascii: "+")) -> Bytes? {
        var bytes: Bytes = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte == UInt8(ascii: "+") ? plus : byte)
                continue
            }
            guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
