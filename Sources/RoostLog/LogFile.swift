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
    /// `snapshot-00000000000000000042.image`: the owner's state after record 42.
    case snapshot(UInt64)
    /// `snapshot-00000000000000000042.image.preparing`: not yet a snapshot.
    case preparingSnapshot(UInt64)
    /// `snapshot-00000000000000000042.image.damaged-1`: could not be read at a start. Never removed by the log.
    case damagedSnapshot(UInt64, copy: Int)
    /// `RESERVE`: holds disk space for bad times. Its content means nothing.
    case reserve

    package var name: String {
        switch self {
        case .segment(let number): Self.segmentName(number)
        case .preparing(let number): Self.segmentName(number) + ".preparing"
        case .torn(let number, let copy): Self.segmentName(number) + ".torn-\(copy)"
        case .preparingTorn(let number, let copy): Self.segmentName(number) + ".torn-\(copy).preparing"
        case .snapshot(let sequence): Self.snapshotName(sequence)
        case .preparingSnapshot(let sequence): Self.snapshotName(sequence) + ".preparing"
        case .damagedSnapshot(let sequence, let copy): Self.snapshotName(sequence) + ".damaged-\(copy)"
        case .reserve: "RESERVE"
        }
    }

    /// nil: not a name that the log gives.
    package init?(name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let file = name == "RESERVE" ? .reserve : Self.segment(parts) ?? Self.snapshot(parts), file.name == name
        else { return nil }
        self = file
    }

    private static func segment(_ parts: [Substring]) -> LogFile? {
        guard parts.count >= 2, let number = UInt32(parts[0]), number > 0, number <= LogLimits.segmentNumberMax else {
            return nil
        }
        let endings = parts.dropFirst(2)
        switch (endings.count, endings.last, copy(endings.first, "torn-")) {
        case (0, _, _): return .segment(number)
        case (1, "preparing", _): return .preparing(number)
        case (1, _, let copy?): return .torn(number, copy: copy)
        case (2, "preparing", let copy?): return .preparingTorn(number, copy: copy)
        default: return nil
        }
    }

    private static func snapshot(_ parts: [Substring]) -> LogFile? {
        guard parts.count >= 2, parts[0].hasPrefix("snapshot-"), let sequence = UInt64(parts[0].dropFirst(9)) else {
            return nil
        }
        let endings = parts.dropFirst(2)
        switch (endings.count, endings.last, copy(endings.first, "damaged-")) {
        case (0, _, _): return .snapshot(sequence)
        case (1, "preparing", _): return .preparingSnapshot(sequence)
        case (1, _, let copy?): return .damagedSnapshot(sequence, copy: copy)
        default: return nil
        }
    }

    private static func copy(_ ending: Substring?, _ prefix: String) -> Int? {
        ending.flatMap { $0.hasPrefix(prefix) ? UInt16($0.dropFirst(prefix.count)).map(Int.init) : nil }
    }

    private static func segmentName(_ number: UInt32) -> String { padded(String(number), to: 8) + ".log" }

    private static func snapshotName(_ sequence: UInt64) -> String {
        "snapshot-" + padded(String(sequence), to: 20) + ".image"
    }

    private static func padded(_ digits: String, to count: Int) -> String {
        String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
