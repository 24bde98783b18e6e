import RoostModel

/// The longest common subsequence of two strings: a table of their product, of which a bit of each cell is kept.
struct LongestCommon {
    /// Redis holds four bytes of each cell, and no more of them than a string may have.
    static let cellsMax = (512 << 20) / 4

    /// Where both have the same bytes; the ranges are as long as each other.
    struct Match {
        var one: Range<Int>
        var other: Range<Int>
    }

    private(set) var count = 0
    private(set) var bytes: Bytes = []
    /// From the last on.
    private(set) var matches: [Match] = []

    /// - Parameter tracesBack: false when the count is enough.
    init(_ one: Bytes, _ other: Bytes, tracesBack: Bool) {
        guard !one.isEmpty, !other.isEmpty else { return }
        var choices = tracesBack ? Choices(one.count, other.count) : nil
        var row = [UInt32](repeating: 0, count: other.count + 1)
        for line in one.indices { Self.fill(&row, line, one[line], other, &choices) }
        count = Int(row[other.count])
        if let choices { trace(one, other, choices) }
    }

    private static func fill(
        _ row: inout [UInt32], _ line: Int, _ byte: UInt8, _ other: Bytes, _ choices: inout Choices?
    ) {
        var diagonal: UInt32 = 0
        for column in other.indices {
            let above = row[column + 1]
            if other[column] == byte {
                row[column + 1] = diagonal + 1
            } else if above > row[column] {
                choices?.goUp(line, column)
            } else {
                row[column + 1] = row[column]
            }
            diagonal = above
        }
    }

    private mutating func trace(_ one: Bytes, _ other: Bytes, _ choices: Choices) {
        var (line, column) = (one.count, other.count)
        var last: (line: Int, column: Int)?
        while line > 0, column > 0 {
            if one[line - 1] == other[column - 1] {
                if last == nil { last = (line, column) }
                (line, column) = (line - 1, column - 1)
                bytes.append(one[line])
                if line > 0, column > 0 { continue }
            }
            if let end = last {
                matches.append(Match(one: line..<end.line, other: column..<end.column))
                last = nil
            }
            guard line > 0, column > 0 else { break }
            if choices.goesUp(line - 1, column - 1) { line -= 1 } else { column -= 1 }
        }
        bytes.reverse()
    }

    /// Of each cell whether the longer part is above it; otherwise it is to the left.
    private struct Choices {
        private var words: [UInt64]
        private let wordsPerLine: Int

        init(_ lines: Int, _ columns: Int) {
            wordsPerLine = (columns + 63) / 64
            words = [UInt64](repeating: 0, count: lines * wordsPerLine)
        }

        mutating func goUp(_ line: Int, _ column: Int) {
            words[line * wordsPerLine + column / 64] |= 1 << UInt64(column % 64)
        }

        func goesUp(_ line: Int, _ column: Int) -> Bool {
            words[line * wordsPerLine + column / 64] >> UInt64(column % 64) & 1 == 1
        }
    }
}

extension Keyspace {
    func longestCommon(
        _ one: Bytes, _ other: Bytes, _ form: LongestCommonForm, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let (one, other) = (try comparable(one, now), try comparable(other, now))
        let (cells, overflow) = (one.count + 1).multipliedReportingOverflow(by: other.count + 1)
        guard !overflow, cells <= LongestCommon.cellsMax else { throw .stringsTooLongToCompare }
        let common = LongestCommon(one, other, tracesBack: form != .count)
        return switch form {
        case .bytes: PreparedKeys(.bytes(common.bytes))
        case .count: PreparedKeys(.integer(Int64(common.count)))
        case .places(let countMin, let withCounts):
            PreparedKeys(
                .map([
                    .bytes(Bytes("matches".utf8)), .array(places(common.matches, countMin, withCounts)),
                    .bytes(Bytes("len".utf8)), .integer(Int64(common.count)),
                ]))
        }
    }

    private func comparable(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> Bytes {
        do throws(KeyError) { return try string(key, now) ?? [] } catch { throw .notStrings }
    }

    private func places(_ matches: [LongestCommon.Match], _ countMin: Int64, _ withCounts: Bool) -> [KeyReply] {
        matches.filter { Int64($0.one.count) >= countMin }.map { match in
            let ends = [match.one, match.other].map { range in
                KeyReply.array([.integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound - 1))])
            }
            return .array(ends + (withCounts ? [.integer(Int64(match.one.count))] : []))
        }
    }
}
