import RoostLocalStorage
import RoostModel
import RoostStorage
import Testing

/// Keys in a golden directory: how they came about, and what a client can see of them.
enum GoldenKeys {
    static func change(_ harness: Harness, _ database: UInt8, _ round: Int) throws {
        let commands = strings(round) + collections(round) + generic(round, database)
        for command in commands { try ask(harness, database, [command]) }
        try ask(harness, database, transaction(round))
    }

    @discardableResult
    private static func ask(_ harness: Harness, _ database: UInt8, _ commands: [KeyCommand]) throws -> [KeyReply] {
        guard case .keys(let replies) = try harness.ask(.keys(KeyRequest(database: database, commands))) else {
            throw Unexpected()
        }
        return replies
    }

    private static func bytes(_ text: String) -> Bytes { Bytes(text.utf8) }

    private static func strings(_ round: Int) -> [KeyCommand] {
        let text = bytes("string")
        return [
            .string(.set(text, [0, 255, UInt8(round)], SetOptions())), .string(.append(text, bytes("größer"))),
            .string(.setRange(text, offset: 30, bytes("behind zeros"))), .string(.increment(bytes("counter"), by: 7)),
            .string(.set(bytes("late \(round)"), bytes("x"), SetOptions(expiry: .after(.seconds(86_400 * 400))))),
            .string(.set(bytes("soon"), bytes("x"), SetOptions(expiry: .after(.seconds(3))))),
            .string(.set(bytes("long"), Bytes(repeating: 108, count: 1500), SetOptions())),
        ]
    }

    private static func collections(_ round: Int) -> [KeyCommand] {
        let (list, hash, set, scores) = (bytes("list"), bytes("hash"), bytes("set"), bytes("scores"))
        let names = (0..<12).map { bytes("\(round).\($0)") }
        return [
            .list(.push(list, .right, names, onlyExisting: false)), .list(.pop(list, .left, count: 3)),
            .list(.set(list, at: 0, bytes("first"))),
            .list(.insert(list, before: true, pivot: bytes("\(round).7"), bytes("between"))),
            .list(.move(from: list, .right, to: bytes("other list"), .left)),
            .hash(.set(hash, names.map { KeyValuePair($0, bytes("value")) })), .hash(.remove(hash, fields: [names[3]])),
            .set(.add(set, names)), .set(.remove(set, [names[4], names[5]])),
            .set(.store(.union, [set, bytes("none")], in: bytes("other set"))),
            .sortedSet(
                .add(
                    scores, names.enumerated().map { ScoredMember(Double($0.offset) / 4 - 1, $0.element) },
                    AddCondition(), countsChanged: false)),
            .sortedSet(.remove(scores, [names[6]])), .sortedSet(.pop(scores, .highest, count: 2)),
            .sortedSet(.add(scores, [ScoredMember(-.infinity, bytes("low"))], AddCondition(), countsChanged: false)),
        ]
    }

    private static func generic(_ round: Int, _ database: UInt8) -> [KeyCommand] {
        [
            .key(.copy(bytes("hash"), to: bytes("copy"), replaces: true)),
            .key(.rename(bytes("copy"), to: bytes("renamed"), onlyNew: false)),
            .key(.expireAfter(bytes("other set"), .seconds(86_400 * 300), .always)),
            .key(.delete([bytes("late \(round - 2)")])),
            .databases(.copy(bytes("list"), to: bytes("from \(database)"), in: 9, replaces: true)),
            .databases(.move(bytes("late \(round - 1)"), to: 9)), .databases(.swap(9, 8)),
        ]
    }

    private static func transaction(_ round: Int) -> [KeyCommand] {
        [
            .string(.increment(bytes("together"), by: 1)), .key(.persist(bytes("other set"))),
            .list(.push(bytes("together \(round)"), .left, [bytes("x"), bytes("y")], onlyExisting: false)),
        ]
    }
}

// MARK: - What is there

extension GoldenKeys {
    /// Nothing for directories of earlier steps.
    static func describe(_ harness: Harness) throws -> [String] {
        var lines: [String] = []
        for database in UInt8(0)..<16 {
            guard case .array(let names)? = try ask(harness, database, [.key(.names(nil))]).first else {
                throw Unexpected()
            }
            let sorted = names.compactMap { if case .bytes(let name) = $0 { name } else { nil } }
                .sorted { $0.lexicographicallyPrecedes($1) }
            // Queues are told of already.
            for name in sorted where try harness.isKey(name, in: database) {
                lines.append(try describe(harness, database, name))
            }
        }
        return lines
    }

    private static func describe(_ harness: Harness, _ database: UInt8, _ name: Bytes) throws -> String {
        let facts = try ask(harness, database, [.key(.type(name)), .key(.expiry(name))])
        guard case .word(let type) = facts[0], case .integer(let expiry) = facts[1] else { throw Unexpected() }
        let value = try ask(harness, database, [question(name, type)])[0]
        return "\(database) \(text(name)) \(type) expires \(expiry) \(describe(value))"
    }

    private static func question(_ name: Bytes, _ type: KeyReply.StaticWord) -> KeyCommand {
        switch type {
        case .list: .list(.range(name, start: 0, end: -1))
        case .hash: .hash(.getAll(name))
        case .set: .set(.members(name))
        case .zset: .sortedSet(.range(name, SortedSetRange(.ranks(0, -1)), withScores: true))
        default: .string(.get(name))
        }
    }

    /// Hashes and sets have no order, so they are put into one.
    private static func describe(_ value: KeyReply) -> String {
        switch value {
        case .bytes(let bytes): text(bytes)
        case .strings(let strings): describe(strings)
        case .array(let elements): elements.map(describe).joined(separator: " ")
        case .set(let members): members.map(describe).sorted().joined(separator: " ")
        case .map(let list):
            stride(from: 0, to: list.count, by: 2).map { "\(describe(list[$0]))=\(describe(list[$0 + 1]))" }
                .sorted().joined(separator: " ")
        case .scored(let members): members.map { "\(text($0.member)):\($0.score)" }.joined(separator: " ")
        default: "\(value)"
        }
    }

    private static func describe(_ strings: ByteStrings) -> String {
        var texts: [String] = []
        strings.forEach { texts.append(text(Bytes($0))) }
        return texts.joined(separator: " ")
    }

    /// Bytes that are no text are told as numbers.
    private static func text(_ bytes: Bytes) -> String {
        let runs = bytes.count > 200 ? "\(bytes.count) times \(bytes[0])" : nil
        return runs ?? String(validating: bytes, as: UTF8.self).map { $0.contains("\0") ? "\(bytes)" : $0 }
            ?? "\(bytes)"
    }
}

extension Harness {
    fileprivate func isKey(_ name: Bytes, in database: UInt8) throws -> Bool {
        let request = KeyRequest(database: database, [.key(.type(name))])
        return try ask(.keys(request)) != .keys([.word(.queue)])
    }
}
