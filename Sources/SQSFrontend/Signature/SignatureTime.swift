/// Times as signatures write them: `20260102T030405Z`.
package enum SignatureTime {
    /// Seconds since 1970; nil for anything else.
    package static func seconds(_ text: some Collection<UInt8>) -> Int64? {
        guard let digits = digits(text) else { return nil }
        let (year, month, day) = (digits / 10_000_000_000, digits / 100_000_000 % 100, digits / 1_000_000 % 100)
        let (hour, minute, second) = (digits / 10_000 % 100, digits / 100 % 100, digits % 100)
        guard year >= 1970, (1...12).contains(month), (1...daysOfMonth(month, year)).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Before 1970 and after 9999: those of the ends.
    package static func text(_ seconds: Int64) -> String {
        let seconds = min(max(seconds, 0), 253_402_300_799)
        let (year, month, day) = date(seconds / 86_400)
        let rest = seconds % 86_400
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = [rest / 3600, rest / 60 % 60, rest % 60].map(two).joined()
        return "\(year)\(two(month))\(two(day))T\(clock)Z"
    }

    /// The 14 digits as one number.
    private static func digits(_ text: some Collection<UInt8>) -> Int64? {
        guard text.count == 16 else { return nil }
        var number: Int64 = 0
        var place = 0
        for byte in text {
            let digit = byte &- UInt8(ascii: "0")
            if place == 8 || place == 15 {
                guard byte == (place == 8 ? UInt8(ascii: "T") : UInt8(ascii: "Z")) else { return nil }
            } else if digit < 10 {
                number = number &* 10 &+ Int64(digit)
            } else {
                return nil
            }
            place &+= 1
        }
        return number
    }

    private static func daysOfMonth(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970, by counting years from March on, so that the leap day is the last one.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + dayOfYear
        return year / 400 * 146_097 + dayOfEra - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = days + 719_468
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + days / 146_097 * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
