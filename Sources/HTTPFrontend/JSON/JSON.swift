package import NIOCore
package import RoostModel

/// A JSON value to be sent. Members keep the order in which they are written: replies read like their documentation.
///
/// (Foundation's encoder puts keys in the order of a hash table.)
package indirect enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case counter(UInt64)
    /// Finite: JSON has no other numbers.
    case number(Double)
    /// A length of time as a number of seconds, with up to three decimals.
    case seconds(Milliseconds)
    /// A measured time as a number of seconds.
    case nanoseconds(UInt64)
    case string(String)
    case array([JSON])
    case object([Member])

    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: JSON
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }

    package init(stringLiteral value: String) { self = .string(value) }

    package init(nilLiteral: ()) { self = .null }

    package static func count(_ value: Int) -> JSON { .integer(Int64(value)) }

    package static func time(_ time: BrokerTime) -> JSON { .integer(time.milliseconds) }
}

extension ByteBuffer {
    package mutating func writeJSON(_ json: JSON) {
        switch json {
        case .null: writeStaticString("null")
        case .bool(let value): writeString(value ? "true" : "false")
        case .integer(let value): writeString(String(value))
        case .counter(let value): writeString(String(value))
        case .number(let value): writeString(String(value))
        case .seconds(let span): writeString(span.secondsText)
        case .nanoseconds(let span): writeString(String(Double(span) / 1e9))
        case .string(let text): writeJSONString(text)
        case .array(let values): writeJSONArray(values)
        case .object(let members): writeJSONObject(members)
        }
    }

    private mutating func writeJSONArray(_ values: [JSON]) {
        writeInteger(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { writeInteger(UInt8(ascii: ",")) }
            writeJSON(value)
        }
        writeInteger(UInt8(ascii: "]"))
    }

    private mutating func writeJSONObject(_ members: [JSON.Member]) {
        writeInteger(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { writeInteger(UInt8(ascii: ",")) }
            writeJSONString(member.name)
            writeInteger(UInt8(ascii: ":"))
            writeJSON(member.value)
        }
        writeInteger(UInt8(ascii: "}"))
    }

    /// Writes runs that need no escape at once: bodies may have megabytes.
    private mutating func writeJSONString(_ text: String) {
        var text = text
        writeInteger(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while let index = rest.firstIndex(where: needsEscape) {
                writeBytes(rest[..<index])
                writeEscape(rest[index])
                rest = rest[(index + 1)...]
            }
            writeBytes(rest)
        }
        writeInteger(UInt8(ascii: "\""))
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case UInt8(ascii: "\n"): writeStaticString("\\n")
        case UInt8(ascii: "\r"): writeStaticString("\\r")
        case UInt8(ascii: "\t"): writeStaticString("\\t")
        default:
            writeStaticString("\\u00")
            writeInteger(hexDigit(byte >> 4))
            writeInteger(hexDigit(byte & 15))
        }
    }
}

/// RFC 8259 section 7.
private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

extension Milliseconds {
    /// The number of seconds in decimal, without needless zeros: `120`, `0.5`, `-1.001`.
    package var secondsText: String {
        let magnitude = count.magnitude
        let sign = count < 0 ? "-" : ""
        let fraction = magnitude % 1000
        guard fraction > 0 else { return "\(sign)\(magnitude / 1000)" }
        var digits = String(fraction + 1000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(sign)\(magnitude / 1000).\(digits)"
    }
}
