package import RoostModel

/// Why a payload of RESTORE is refused.
package enum DumpError: Error, Sendable, Equatable {
    /// It is damaged, or of a Redis that is newer than 7.2.
    case versionOrChecksum
    /// It is whole, and holds something that is none of the values that are there.
    case format
}

/// Reads what DUMP answers, from Redis 7.0 and 7.2 or from here. Values of older ones that stand in a ziplist or zipmap
/// are refused.
package struct DumpReader {
    /// Of Redis 7.2.
    private static let versionMax: UInt16 = 11
    private static let footerBytes = 10
    /// Of the content together. Nothing that is longer would fit the log; a few bytes could stand for gigabytes.
    package static let contentBytesMax = 64 * 1024 * 1024

    private var cursor: DumpCursor
    private var room = contentBytesMax

    /// - Throws: `.versionOrChecksum` before anything of the value is looked at.
    package static func content(of payload: Bytes) throws(DumpError) -> KeyContent {
        let end = payload.count - footerBytes
        guard end > 0 else { throw .versionOrChecksum }
        var footer = DumpCursor(payload[end...])
        let (version, sum): (UInt16, UInt64) = (try footer.little(), try footer.little())
        guard version <= versionMax, sum == CRC64.checksum(payload[..<(payload.count - 8)]) else {
            throw .versionOrChecksum
        }
        var reader = DumpReader(cursor: DumpCursor(payload[..<end]))
        let content = try reader.content()
        guard reader.cursor.isAtEnd, !content.isEmpty else { throw .format }
        return content
    }

    private init(cursor: DumpCursor) { self.cursor = cursor }

    private mutating func content() throws(DumpError) -> KeyContent {
        guard let type = DumpType(rawValue: try cursor.byte()) else { throw .format }
        switch type {
        case .string: return .string(try string())
        case .list: return .list(try strings(try length()))
        case .set: return try .set(unique: strings(try length()))
        case .hash: return try .hash(unique: strings(try length(), each: 2))
        case .sortedSet: return try .sortedSet(unique: members { reader throws(DumpError) in try reader.score() })
        case .sortedSetOfText:
            return try .sortedSet(unique: members { reader throws(DumpError) in try reader.scoreOfText() })
        case .intSet: return try .set(unique: integers())
        case .setListPack: return try .set(unique: listPack())
        case .hashListPack: return try .hash(unique: listPack())
        case .sortedSetListPack: return try .sortedSet(unique: listPack())
        case .quickList: return .list(try quickList())
        }
    }

    // MARK: Strings and lengths

    /// A number that says how many follow. It is not believed: nothing is reserved for it.
    private mutating func length() throws(DumpError) -> Int {
        guard case .length(let length) = try lengthOrForm() else { throw .format }
        return length
    }

    private enum LengthOrForm {
        case length(Int)
        /// Of a string that is written in another way than byte by byte.
        case form(UInt8)
    }

    private mutating func lengthOrForm() throws(DumpError) -> LengthOrForm {
        let first = try cursor.byte()
        switch first {
        case 0..<0x40: return .length(Int(first))
        case 0x40..<0x80: return .length(Int(first & 0x3F) << 8 | Int(try cursor.byte()))
        case 0x80: return .length(Int(UInt32(bigEndian: try cursor.native())))
        case 0x81:
            guard let length = Int(exactly: UInt64(bigEndian: try cursor.native())) else { throw .format }
            return .length(length)
        case 0xC0...: return .form(first & 0x3F)
        default: throw .format
        }
    }

    private mutating func string() throws(DumpError) -> Bytes {
        switch try lengthOrForm() {
        case .length(let count): return try taken(Bytes(cursor.take(count)))
        case .form(0): return try number(Int8.self)
        case .form(1): return try number(Int16.self)
        case .form(2): return try number(Int32.self)
        case .form(3):
            let (packed, count) = (try length(), try length())
            guard count <= room else { throw .format }
            return try taken(LZF.unpack(try cursor.take(packed), count: count))
        case .form: throw .format
        }
    }

    private mutating func number<Number: FixedWidthInteger & SignedInteger>(
        _ type: Number.Type
    ) throws(DumpError) -> Bytes {
        let number: Number = try cursor.little()
        return try taken(IntegerText.bytes(Int64(number)))
    }

    private mutating func taken(_ bytes: Bytes) throws(DumpError) -> Bytes {
        // An element costs something, however short it is.
        room -= bytes.count + 8
        guard room >= 0 else { throw .format }
        return bytes
    }

    private mutating func strings(_ count: Int, each parts: Int = 1) throws(DumpError) -> [Bytes] {
        let (total, isTooMany) = count.multipliedReportingOverflow(by: parts)
        guard !isTooMany else { throw .format }
        var strings: [Bytes] = []
        for _ in 0..<total { strings.append(try string()) }
        return strings
    }

    // MARK: Members with scores

    private mutating func members(
        _ score: (inout Self) throws(DumpError) -> Double
    ) throws(DumpError) -> [ScoredMember] {
        var members: [ScoredMember] = []
        for _ in 0..<(try length()) {
            let member = try string()
            members.append(ScoredMember(try score(&self), member))
        }
        return members
    }

    private mutating func score() throws(DumpError) -> Double { Double(bitPattern: try cursor.little()) }

    /// A byte of length, of which the highest values stand for what is no number.
    private mutating func scoreOfText() throws(DumpError) -> Double {
        switch try cursor.byte() {
        case 255: return -.infinity
        case 254: return .infinity
        case 253: throw .format
        case let count:
            let text = Bytes(try cursor.take(Int(count)))
            guard let score = text.withUnsafeBytes({ FloatText.parseDouble($0) }) else { throw .format }
            return score
        }
    }

    // MARK: Packed forms

    /// A string that is a list of integers of one size.
    private mutating func integers() throws(DumpError) -> [Bytes] {
        let packed = try string()
        var cursor = DumpCursor(packed[...])
        let (size, count): (UInt32, UInt32) = (try cursor.little(), try cursor.little())
        var found: [Bytes] = []
        for _ in 0..<count {
            let number: Int64 =
                switch size {
                case 2: Int64(try cursor.little() as Int16)
                case 4: Int64(try cursor.little() as Int32)
                case 8: try cursor.little()
                default: throw .format
                }
            found.append(try taken(IntegerText.bytes(number)))
        }
        guard cursor.isAtEnd else { throw .format }
        return found
    }

    private mutating func listPack() throws(DumpError) -> [Bytes] {
        let packed = try string()
        var elements: [Bytes] = []
        var reader = try ListPackReader(packed)
        while let element = try reader.next() { elements.append(try taken(element)) }
        return elements
    }

    private mutating func quickList() throws(DumpError) -> [Bytes] {
        var elements: [Bytes] = []
        for _ in 0..<(try length()) {
            switch try length() {
            case 1: elements.append(try string())
            case 2: elements += try listPack()
            default: throw .format
            }
        }
        return elements
    }
}

extension IntegerText {
    fileprivate static func bytes(_ number: Int64) -> Bytes {
        var bytes: Bytes = []
        append(number, to: &bytes)
        return bytes
    }
}

// MARK: - What has to hold of values

extension KeyContent {
    fileprivate static func set(unique members: [Bytes]) throws(DumpError) -> Self {
        guard Set(members).count == members.count else { throw .format }
        return .set(members)
    }

    /// - Parameter strings: fields and values in turn.
    fileprivate static func hash(unique strings: [Bytes]) throws(DumpError) -> Self {
        let pairs = try pairs(strings) { (field, value) throws(DumpError) in KeyValuePair(field, value) }
        guard Set(pairs.lazy.map(\.key)).count == pairs.count else { throw .format }
        return .hash(pairs)
    }

    /// - Parameter strings: members and scores in turn.
    fileprivate static func sortedSet(unique strings: [Bytes]) throws(DumpError) -> Self {
        try sortedSet(
            unique: pairs(strings) { (member, text) throws(DumpError) in
                guard let score = text.withUnsafeBytes({ FloatText.parseDouble($0) }) else { throw .format }
                return ScoredMember(score, member)
            })
    }

    fileprivate static func sortedSet(unique members: [ScoredMember]) throws(DumpError) -> Self {
        guard Set(members.lazy.map(\.member)).count == members.count, !members.contains(where: { $0.score.isNaN })
        else { throw .format }
        return .sortedSet(members)
    }

    private static func pairs<Pair>(
        _ strings: [Bytes], _ pair: (Bytes, Bytes) throws(DumpError) -> Pair
    ) throws(DumpError) -> [Pair] {
        guard strings.count.isMultiple(of: 2) else { throw .format }
        var pairs: [Pair] = []
        for place in stride(from: 0, to: strings.count, by: 2) {
            pairs.append(try pair(strings[place], strings[place + 1]))
        }
        return pairs
    }
}
