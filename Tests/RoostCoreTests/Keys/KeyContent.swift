import RoostCore
import RoostModel
import Testing

extension Databases {
    static func forTests(_ word: UInt64 = 1) -> Databases { Databases(SealingKey(words: (word, 2, 3, 4))) }

    /// All that can be read, database by database.
    func content(_ now: BrokerTime) -> [[Bytes: [KeyReply]]] {
        (0..<UInt8(Databases.count)).map { self[$0].content(now) }
    }

    /// What an image of these makes of empty databases, which hash with another key.
    func restored(_ inspect: (KeysEntry) -> Void = { _ in }) throws -> Databases {
        var restored = Databases.forTests(99)
        for entry in image() {
            inspect(entry)
            var bytes = Bytes(repeating: 0xAA, count: entry.size)
            bytes.withUnsafeMutableBytes { entry.encode(into: $0) }
            try restored.apply(try bytes.withUnsafeBytes { try KeysEntry(decoding: $0) })
        }
        return restored
    }
}

extension Keyspace {
    /// All that can be read: of each key its type, its expiry and its value, in an order that does not depend on how
    /// it is held.
    func content(_ now: BrokerTime) -> [Bytes: [KeyReply]] {
        var content: [Bytes: [KeyReply]] = [:]
        guard case .page(0, let keys) = read(.key(.scan(ScanOptions(countMin: .max), type: nil)), now) else {
            Issue.record("not all keys in one page")
            return content
        }
        for key in keys {
            content[key] = [read(.key(.type(key)), now), read(.key(.expiry(key)), now)] + value(key, now)
        }
        return content
    }

    private func read(_ command: KeyCommand, _ now: BrokerTime) -> KeyReply {
        prepare(command, now: now, random: 0).reply
    }

    private func value(_ key: Bytes, _ now: BrokerTime) -> [KeyReply] {
        switch read(.key(.type(key)), now) {
        case .word(.string): [read(.string(.get(key)), now)]
        case .word(.list): [read(.list(.range(key, start: 0, end: -1)), now), read(.list(.length(key)), now)]
        case .word(.hash): fields(key, now) + [read(.hash(.length(key)), now)]
        case .word(.set): members(key, now) + [read(.set(.count(key)), now)]
        case .word(.zset): scores(key, now) + [read(.sortedSet(.count(key)), now)]
        default: []
        }
    }

    private func fields(_ key: Bytes, _ now: BrokerTime) -> [KeyReply] {
        guard case .map(let replies) = read(.hash(.getAll(key)), now) else { return [] }
        let pairs = stride(from: 0, to: replies.count, by: 2).map { (replies[$0], replies[$0 + 1]) }
        return pairs.sorted { $0.0.isBefore($1.0) }.flatMap { [$0.0, $0.1] }
    }

    private func members(_ key: Bytes, _ now: BrokerTime) -> [KeyReply] {
        guard case .set(let replies) = read(.set(.members(key)), now) else { return [] }
        return replies.sorted { $0.isBefore($1) }
    }

    /// By rank, and the score of each as bits: 0.0 equals -0.0, and should not here.
    private func scores(_ key: Bytes, _ now: BrokerTime) -> [KeyReply] {
        let ranks = SortedSetRange(.ranks(0, -1))
        guard case .scored(let members) = read(.sortedSet(.range(key, ranks, withScores: true)), now),
            case .array(let scores) = read(.sortedSet(.scores(key, members.map(\.member))), now)
        else { return [] }
        return [.scored(members)]
            + scores.map { score in
                guard case .double(let score) = score else { return score }
                return .integer(Int64(bitPattern: score.bitPattern))
            }
    }
}

extension KeyReply {
    fileprivate func isBefore(_ other: KeyReply) -> Bool {
        guard case .bytes(let left) = self, case .bytes(let right) = other else { return false }
        return left.lexicographicallyPrecedes(right)
    }
}
