package import Foundation

/// Points in time of the API, milliseconds since 1970, as people read them.
package enum Moment {
    /// UTC to the second: `2026-11-21T01:45:00Z`.
    package static func text(_ milliseconds: Int64) -> String {
        date(milliseconds).formatted(.iso8601)
    }

    /// How long ago, or how soon: `35s ago`, `in 2m 5s`.
    package static func relative(_ milliseconds: Int64, now: Date = Date()) -> String {
        let seconds = date(milliseconds).timeIntervalSince(now)
        return seconds > 0 ? "in \(Text.duration(seconds))" : "\(Text.duration(-seconds)) ago"
    }

    private static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
