package import RoostModel

/// Bytes as people write them: `1048576`, `64KiB`, `16MiB`, `1GiB`.
package enum ByteSize {
    package static let accepted = "bytes, or a number with KiB, MiB or GiB"
    private static let units: [(suffix: String, factor: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1),
    ]

    /// Nil for anything that is not a size, also for one that does not fit.
    package static func parse(_ text: String) -> Int? {
        scaled(text, by: units)
    }

    /// The largest unit that divides the size.
    package static func text(_ bytes: Int) -> String {
        let unit = units.reversed().first { $0.factor > 1 && bytes > 0 && bytes % $0.factor == 0 }
        return unit.map { "\(bytes / $0.factor)\($0.suffix)" } ?? "\(bytes)"
    }
}

/// Times as people write them: `30`, `30s`, `500ms`, `2m`, `12h`, `14d`. A bare number is seconds.
package enum TimeSpan {
    package static let accepted = "seconds, or a number with ms, s, m, h or d"
    private static let units: [(suffix: String, factor: Int)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Nil for anything that is not a time, also for one that does not fit.
    package static func parse(_ text: String) -> Milliseconds? {
        scaled(text, by: units + [("", 1000)]).map { Milliseconds(Int64($0)) }
    }

    /// In the largest unit that divides the time: `90s`, `2m`, `4d`.
    package static func text(_ time: Milliseconds) -> String {
        guard time != .unlimited else { return "unlimited" }
        let unit = units.reversed().first { time.count != 0 && time.count % Int64($0.factor) == 0 } ?? ("s", 1000)
        return "\(time.count / Int64(unit.factor))\(unit.suffix)"
    }
}

/// Digits and a unit, as one number. The unit with the longest suffix wins.
private func scaled(_ text: String, by units: [(suffix: String, factor: Int)]) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let suffix = text.dropFirst(digits.count)
    guard let number = Int(digits) else { return nil }
    let factor =
        suffix.isEmpty ? units.first { $0.suffix.isEmpty }?.factor ?? 1 : units.first { $0.suffix == suffix }?.factor
    guard let factor else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
}
