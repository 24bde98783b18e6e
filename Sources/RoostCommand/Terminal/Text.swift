import Foundation

/// Values as people read them.
package enum Text {
    /// Thousands apart: `1,234,567`.
    package static func number(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }

    /// The same, and nothing for 0.
    package static func some(_ value: Int) -> String { value == 0 ? "" : number(value) }

    package static func number(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        return number(Int(value.rounded()))
    }

    /// One digit after the point for small values: `3.4`, `27`.
    package static func short(_ value: Double) -> String {
        value.magnitude < 10 ? decimal(value, digits: 1) : number(value)
    }

    package static func decimal(_ value: Double, digits: Int) -> String {
        value.formatted(.number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US")))
    }

    /// A length of time in its two largest units at most: `35s`, `4m 10s`, `3d 2h`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 1e12 else { return "\(seconds)s" }
        guard seconds != 0 else { return "0s" }
        guard seconds >= 1 else { return "\(Int((seconds * 1000).rounded()))ms" }
        let whole = Int(seconds)
        let parts = [(whole / 86_400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s")]
        let shown = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
        return shown.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    /// An amount of memory or disk: `512 B`, `1.5 KiB`, `340 MiB`.
    package static func bytes(_ count: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (value, index) = (Double(count), 0)
        while value.magnitude >= 1024, index < units.count - 1 { (value, index) = (value / 1024, index + 1) }
        return "\(index == 0 ? number(count) : short(value)) \(units[index])"
    }

    /// A latency: `0.08 ms`, `3.2 ms`, `1,250 ms`.
    package static func milliseconds(nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds) / 1e6
        return (value < 1 ? decimal(value, digits: 2) : short(value)) + " ms"
    }

    /// The text with control characters as escapes: a body from somebody else must not command the terminal.
    package static func harmless(_ text: String, keeping kept: Set<Unicode.Scalar> = []) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case _ where kept.contains(scalar): result.append(scalar)
            case "\n": result.append(contentsOf: #"\n"#.unicodeScalars)
            case "\t": result.append(contentsOf: #"\t"#.unicodeScalars)
            case "\r": result.append(contentsOf: #"\r"#.unicodeScalars)
            case _ where isHarmful(scalar):
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Controls, and the format characters that reorder what stands around them.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    package static func singleLine(_ text: String) -> String { harmless(text) }

    /// The beginning of a text in one line.
    package static func preview(_ text: String, limit: Int = 60) -> String {
        let start = text.prefix(limit + 1)
        return start.count > limit ? singleLine(String(start.dropLast())) + "…" : singleLine(text)
    }

    package static func plural(_ count: Int, _ word: String) -> String {
        "\(number(count)) \(word)\(count == 1 ? "" : "s")"
    }
}
