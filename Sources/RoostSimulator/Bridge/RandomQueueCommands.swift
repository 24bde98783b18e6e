import RoostModel
import RoostStorage

/// Makes up commands of which some keys are queues: in database 0, alone and in transactions, some that wait.
struct RandomQueueCommands: Sendable {
    static let patterns = ["c:*", "c:a", "c:b", "d"]
    private static let channels = ["c:a", "c:b", "d", "e"]
    /// Names of lists, beside those of queues.
    private static let lists = ["l1", "l2"]
    private static let others = ["s1", "c1", "h1", "t1", "z1"]

    let keys: RandomKeyRequests
    /// Queues that are there now.
    private let queues: [Bytes]

    init(_ keys: RandomKeyRequests, _ books: Books) {
        self.keys = keys
        queues = books.state.queues.map(\.name.key)
    }

    /// - Parameter watches: that may be used.
    func request(_ dice: inout Dice, watches: [UInt64]) -> StorageRequest {
        switch dice.below(100) {
        case ..<50: return .keys(KeyRequest([command(&dice)]))
        case ..<66: return .keys(transaction(&dice))
        case ..<86: return .keys(waiting(&dice))
        case ..<93:
            let under = watches.isEmpty || dice.oneIn(2) ? nil : dice.pick(watches)
            return .watch(database: 0, (0..<dice.within(1...2)).map { _ in anyName(&dice) }, under: under)
        default:
            var request = transaction(&dice)
            if !watches.isEmpty { request.watch = dice.pick(watches) }
            return .keys(request)
        }
    }

    private func transaction(_ dice: inout Dice) -> KeyRequest {
        KeyRequest((0..<dice.within(2...4)).map { _ in dice.oneIn(4) ? keys.command(&dice, 0) : command(&dice) })
    }

    /// Longer than a sector: a power cut may leave half of it.
    func wide(_ dice: inout Dice) -> KeyRequest {
        let commands = (0..<dice.within(2...4)).map { _ in
            let element = keys.element(&dice) + Bytes(repeating: 120, count: dice.within(100...500))
            return KeyCommand.list(.push(list(&dice), end(&dice), [element], onlyExisting: false))
        }
        return KeyRequest(commands + [.list(.move(from: list(&dice), .left, to: list(&dice), .left))])
    }

    private func waiting(_ dice: inout Dice) -> KeyRequest {
        let names = (0..<dice.within(1...3)).map { _ in list(&dice) }
        let timeout = dice.oneIn(3) ? nil : Milliseconds(Int64(dice.skewed(1...5000)))
        let command: ListCommand =
            switch dice.below(3) {
            case 0: .popFirstElement(names, end(&dice))
            case 1: .popFirst(names, end(&dice), count: dice.within(1...3))
            default: .move(from: names[0], end(&dice), to: list(&dice), end(&dice))
            }
        let isMove = if case .move = command { true } else { false }
        return KeyRequest([.list(command)], wait: KeyWait(isMove ? [names[0]] : names, timeout: timeout))
    }

    // MARK: names

    private func end(_ dice: inout Dice) -> ListEnd { dice.oneIn(2) ? .left : .right }

    /// Now and then one that is not there: a list is made under it, and no queue can be.
    private func queue(_ dice: inout Dice) -> Bytes {
        guard queues.isEmpty || dice.oneIn(100) else { return dice.pick(queues) }
        return dice.oneIn(12) ? Bytes(dice.pick(RandomRequests.names).utf8) : list(&dice, isOther: true)
    }

    private func list(_ dice: inout Dice, isOther: Bool = false) -> Bytes {
        isOther || dice.oneIn(3) ? Bytes(dice.pick(Self.lists).utf8) : queue(&dice)
    }

    private func anyName(_ dice: inout Dice) -> Bytes {
        dice.oneIn(4) ? Bytes(dice.pick(Self.others).utf8) : list(&dice)
    }

    // MARK: commands

    private func command(_ dice: inout Dice) -> KeyCommand {
        let name = queue(&dice)
        switch dice.below(30) {
        case ..<8: return .list(.push(name, end(&dice), elements(&dice), onlyExisting: dice.oneIn(6)))
        case ..<11: return .list(.pop(name, end(&dice), count: dice.oneIn(2) ? nil : dice.below(4)))
        case 11: return .list(.popFirst([list(&dice), name], end(&dice), count: dice.within(1...3)))
        case 12: return .list(.popFirstElement([name, list(&dice)], end(&dice)))
        case ..<18: return .list(.move(from: list(&dice), end(&dice), to: list(&dice), end(&dice)))
        case 18: return .list(.length(name))
        case 19: return .list(.element(name, at: Int64(dice.below(7)) - 3))
        case 20: return .list(.range(name, start: Int64(dice.below(5)) - 2, end: Int64(dice.below(9)) - 4))
        case 21: return .key(.exists([name, anyName(&dice), name]))
        case 22: return dice.oneIn(2) ? .key(.type(anyName(&dice))) : .key(.expiry(anyName(&dice)))
        case ..<26: return .publish(channel: Bytes(dice.pick(Self.channels).utf8), element(&dice))
        case 26:
            return .list(.push(Bytes(dice.pick(Self.lists).utf8), end(&dice), elements(&dice), onlyExisting: false))
        case 27: return removal(&dice)
        default: return ofAnotherType(&dice)
        }
    }

    /// Rarely all at once: nothing comes of queues that are always empty.
    private func removal(_ dice: inout Dice) -> KeyCommand {
        switch dice.below(12) {
        case 0: .key(.flush)
        case 1: .databases(.flushAll)
        case 2: .databases(.swap(0, dice.pick(RandomKeyRequests.databases)))
        case ..<6: .key(.delete([list(&dice, isOther: true), anyName(&dice)]))
        case ..<8: .key(.names(nil))
        case ..<10: .key(.count)
        default: .key(.delete([queue(&dice), anyName(&dice)]))
        }
    }

    /// What a queue does not know.
    private func ofAnotherType(_ dice: inout Dice) -> KeyCommand {
        let (name, other) = (queue(&dice), anyName(&dice))
        switch dice.below(8) {
        case 0: return .key(.rename(other, to: name, onlyNew: dice.oneIn(2)))
        case 1: return .key(.expireAfter(name, Milliseconds(1000), .always))
        case 2: return .string(.getMany([name, other]))
        case 3: return .databases(.copy(other, to: name, in: 0, replaces: dice.oneIn(2)))
        case 4: return .databases(.move(name, to: dice.pick(RandomKeyRequests.databases)))
        case 5: return .hash(.get(name, field: [110]))
        case 6: return .list(.trim(name, start: 0, end: 1))
        default: return keys.command(&dice, 0)
        }
    }

    private func elements(_ dice: inout Dice) -> [Bytes] {
        (0..<dice.pick([1, 1, 1, 2, 3])).map { _ in element(&dice) }
    }

    /// Mostly one that a queue takes.
    private func element(_ dice: inout Dice) -> Bytes {
        guard dice.oneIn(60) else { return keys.element(&dice) }
        switch dice.below(3) {
        case 0: return []
        case 1: return [0xff, 0xfe] + keys.element(&dice)
        default: return keys.element(&dice) + Bytes(repeating: 120, count: dice.pick([100, 30_000]))
        }
    }
}

extension StorageRequest {
    /// A purge and the DEL of a queue leave the same record: two at once could not be told apart.
    var mayPurge: Bool {
        switch self {
        case .purgeQueue: true
        case .keys(let request):
            request.commands.contains { command in
                switch command {
                case .key(.delete), .key(.flush): request.database == 0
                case .databases(.flushAll): true
                default: false
                }
            }
        default: false
        }
    }
}
