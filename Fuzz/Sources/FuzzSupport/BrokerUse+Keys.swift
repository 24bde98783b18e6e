import RoostCore
import RoostModel

// What a broker does for clients of Redis.

extension BrokerUse {
    /// One command, or a transaction of some.
    mutating func useKeys(_ place: Int, _ pick: Int) throws {
        let count = place & 8 == 0 ? 1 : 3
        let commands = (0..<count).map { command(place / 16 + $0, pick &* (1 + 7 * $0) & 255) }
        let request = KeyRequest(database: UInt8(place & 3), commands)
        let prepared: (replies: [KeyReply], entry: KeysEntry)
        do throws(KeyError) {
            prepared = try broker.prepare(request, now: now, random: UInt64(pick) << 32 | UInt64(place))
        } catch {
            return
        }
        guard prepared.replies.count == count else { report("\(count) commands, \(prepared.replies.count) replies") }
        if !prepared.entry.effects.isEmpty { try carryOut(.keys(prepared.entry)) }
        if let entry = broker.prepareExpiry(now: now, atMost: 10) { try carryOut(.keys(entry)) }
        if broker.hasKeyRemains { broker.freeKeyRemains(1 + pick) }
    }

    private func command(_ choice: Int, _ pick: Int) -> KeyCommand {
        let key = Bytes("k\(pick & 7)".utf8)
        let value = Bytes("v\(pick >> 3)".utf8)
        switch choice {
        case 0: return .string(.set(key, value, SetOptions(expiry: pick & 8 == 0 ? .remove : .after(.seconds(1)))))
        case 1: return .string(.append(key, value))
        case 2: return .list(.push(key, pick & 8 == 0 ? .left : .right, [value, key, []], onlyExisting: false))
        case 3: return .list(.pop(key, pick & 8 == 0 ? .left : .right, count: pick / 16))
        case 4: return .list(.insert(key, before: true, pivot: key, value))
        case 5: return .list(.trim(key, start: Int64(pick / 16), end: -1))
        case 6: return .hash(.set(key, [KeyValuePair(value, key)], countsNew: true))
        case 7: return .hash(.remove(key, fields: [value]))
        case 8: return .set(.add(key, [value, key]))
        case 9: return .set(.remove(key, [value]))
        case 10:
            let scored = ScoredMember(Double(pick - 128), value)
            return .sortedSet(.add(key, [scored], AddCondition(), countsChanged: false))
        case 11: return .sortedSet(.remove(key, [value]))
        case 12: return .key(.rename(key, to: Bytes("k\(pick / 8 & 7)".utf8), onlyNew: false))
        case 13: return .key(.delete([key]))
        case 14: return pick < 250 ? .key(.type(key)) : .key(.flush)
        default: return .databases(.move(key, to: UInt8(pick / 8 & 3)))
        }
    }
}
