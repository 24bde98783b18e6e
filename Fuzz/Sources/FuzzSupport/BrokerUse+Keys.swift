import FuzzRunner
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

    /// A queue as a key: alone, or with others in a transaction.
    mutating func useBridge(_ queue: UInt32, _ pick: Int) throws {
        guard let name = broker.queueName(queue) else { return }
        let request = KeyRequest(bridgeCommands(Bytes(name.text.utf8), pick))
        var bodies: [BodyLocation: Bytes] = [:]
        for _ in 0..<4 {
            let plan: BridgePlan
            do throws(KeyError) {
                plan = try broker.prepareBridge(
                    request, bodies: bodies, now: now, random: UInt64(pick), growthMax: .max, bytesMax: 1 << 20)
            } catch {
                return
            }
            switch plan {
            case .needsBodies(let needed): for body in needed { bodies[body.location] = [1] }
            case .steps(let steps, let replies, _):
                guard replies.count == request.commands.count else { report("\(replies.count) replies") }
                return try carryOut(steps)
            }
        }
    }

    private func bridgeCommands(_ queue: Bytes, _ pick: Int) -> [KeyCommand] {
        let push = KeyCommand.list(.push(queue, .left, [[0x61], [0x62]], onlyExisting: pick & 8 != 0))
        let pop = KeyCommand.list(.pop(queue, .right, count: 1 + pick / 64))
        switch pick & 3 {
        case 0: return [pop]
        case 1: return [push]
        case 2: return [push, .list(.move(from: queue, .left, to: Bytes("k".utf8), .right)), pop]
        default:
            return [.list(.range(queue, start: 0, end: Int64(pick / 16))), push, .key(.delete([queue])), .key(.count)]
        }
    }

    private mutating func carryOut(_ steps: [BridgeStep]) throws {
        if steps.count > 1 { try carryOut(.transaction(TransactionEntry(count: UInt32(steps.count)))) }
        for step in steps {
            switch step {
            case .entry(let entry): try carryOut(entry)
            case .send(let entry, let message): try carryOut(.send(entry), message)
            }
        }
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
