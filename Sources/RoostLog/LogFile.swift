/// The files of a log directory that the log knows. Everything else in the directory is left alone.
package enum LogFile: Sendable, Hashable {
    /// `00000001.log`
    case segment(UInt32)
    /// `00000001.log.preparing`: not yet a segment. Only what bears the final name may hold data.
    case preparing(UInt32)
    /// `00000001.log.torn-1`: copy of a tail that was cut at a start. Never read or removed by the log.
    case torn(UInt32, copy: Int)
    /// `00000001.log.torn-1.preparing`: a copy that is not complete.
    case preparingTorn(UInt32, copy: Int)

    package var name: String {
        switch self {
        case .segment(let number): Self.segmentName(number)
        case .preparing(let number): Self.segmentName(number) + ".preparing"
        case .torn(let number, let copy): Self.segmentName(number) + ".torn-\(copy)"
        case .preparingTorn(let number, let copy): Self.segmentName(number) + ".torn-\(copy).preparing"
        }
    }

    /// nil: not a name that the log gives.
    package init?(name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, let number = UInt32(parts[0]), let file = Self(number, parts.dropFirst(2)),
            file.name == name, number > 0, number <= LogLimits.segmentNumberMax
        else { return nil }
        self = file
    }

    private init?(_ number: UInt32, _ endings: ArraySlice<Substring>) {
        let copy = endings.first.flatMap { $0.hasPrefix("torn-") ? UInt16($0.dropFirst(5)).map(Int.init) : nil }
        switch (endings.count, endings.last, copy) {
        case (0, _, _): self = .segment(number)
        case (1, "preparing", _): self = .preparing(number)
        case (1, _, let copy?): self = .torn(number, copy: copy)
        case (2, "preparing", let copy?): self = .preparingTorn(number, copy: copy)
        default: return nil
        }
    }

    private static func segmentName(_ number: UInt32) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".log"
    }
}
