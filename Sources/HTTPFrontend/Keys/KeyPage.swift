import RoostModel

/// What is told of a key without its value.
struct KeyFacts {
    var name: Bytes
    var type: KeyReply.StaticWord
    /// Nil: it does not expire.
    var millisecondsLeft: Int64?
    /// Elements, or bytes of a string.
    var length: Int64 = 0
}

extension JSON {
    init(_ key: KeyFacts) {
        self = .object([
            Self.text(key.name, named: "key"), Member(name: "type", value: .string(key.type.rawValue)),
            Member(name: "ttl_ms", value: key.millisecondsLeft.map(JSON.integer) ?? nil),
            Member(name: "length", value: .integer(key.length)),
        ])
    }
}

extension KeyReply.StaticWord {
    func length(of key: Bytes) -> KeyCommand {
        switch self {
        case .string: .string(.length(key))
        case .hash: .hash(.length(key))
        case .set: .set(.count(key))
        case .zset: .sortedSet(.count(key))
        case .list, .queue, .stream, .none: .list(.length(key))
        }
    }

    /// The place of the last of so many.
    private static func end(of count: Int, from start: Int64) -> Int64 {
        let (end, isTooFar) = start.addingReportingOverflow(Int64(count) - 1)
        return isTooFar ? .max : end
    }

    /// What answers a page of the elements. Nil: it has none that are shown here.
    func page(of key: Bytes, from offset: UInt64, _ limit: Int) -> KeyCommand? {
        let start = Int64(clamping: offset)
        let end = Self.end(of: limit, from: start)
        let scan = ScanOptions(cursor: offset, countMin: limit)
        return switch self {
        case .string: .string(.range(key, start: start, end: Self.end(of: KeyPage.bytesMax, from: start)))
        case .list: .list(.range(key, start: start, end: end))
        case .hash: .hash(.scan(key, scan))
        case .set: .set(.scan(key, scan))
        case .zset: .sortedSet(.range(key, SortedSetRange(.ranks(start, end)), withScores: true))
        case .queue, .stream, .none: nil
        }
    }
}

/// A page of the elements of a key.
struct KeyPage {
    /// Of one element.
    static let bytesMax = 64 * 1024

    private(set) var elements: [JSON] = []
    /// Where the next page begins. Of hashes and sets it is a cursor, and says nothing else.
    private(set) var next: UInt64?

    init(_ reply: KeyReply, _ facts: KeyFacts, from offset: UInt64, _ limit: Int) {
        switch (reply, facts.type) {
        case (.bytes(let bytes), _):
            elements = [Self.element(bytes, "value")]
            count(bytes.count, facts, from: offset)
        case (.page(let cursor, let parts), .hash):
            elements = stride(from: 0, to: parts.count - 1, by: 2).map { place in
                Self.pair(parts[place], "field", Self.member(parts[place + 1], "value"))
            }
            next = cursor == 0 ? nil : cursor
        case (.page(let cursor, let parts), _):
            elements = parts.map { Self.element($0, "member") }
            next = cursor == 0 ? nil : cursor
        case (.scored(let members), _):
            elements = members.map { Self.pair($0.member, "member", [.init(name: "score", value: .score($0.score))]) }
            count(members.count, facts, from: offset)
        case (.strings(let strings), _):
            strings.forEach { elements.append(Self.element(Bytes($0), "value")) }
            count(strings.count, facts, from: offset)
        case (.array(let replies), _):
            elements = replies.compactMap {
                if case .bytes(let bytes) = $0 { Self.element(bytes, "value") } else { nil }
            }
            count(replies.count, facts, from: offset)
        default: break
        }
    }

    private mutating func count(_ count: Int, _ facts: KeyFacts, from offset: UInt64) {
        let (end, isTooFar) = offset.addingReportingOverflow(UInt64(count))
        next = count > 0 && !isTooFar && end < UInt64(clamping: facts.length) ? end : nil
    }

    private static func element(_ bytes: Bytes, _ name: String) -> JSON { .object(member(bytes, name)) }

    private static func pair(_ first: Bytes, _ name: String, _ rest: [JSON.Member]) -> JSON {
        .object(member(first, name) + rest)
    }

    /// Long ones are cut, and say so.
    private static func member(_ bytes: Bytes, _ name: String) -> [JSON.Member] {
        guard bytes.count > bytesMax else { return [JSON.text(bytes, named: name)] }
        return [
            JSON.text(Bytes(bytes.prefix(bytesMax)), named: name),
            .init(name: "\(name)_bytes", value: .count(bytes.count)),
        ]
    }
}

extension JSON {
    /// JSON has no infinity.
    fileprivate static func score(_ score: Double) -> JSON {
        score.isFinite ? .number(score) : .string(score > 0 ? "inf" : "-inf")
    }
}
