import RoostModel
import RoostStorage

/// Makes up commands on keys: of all families, alone and in transactions, some that wait and some that watch.
///
/// Each element of a list is another one, so that its reply tells who got it.
struct RandomKeyRequests: Sendable {
    static let databases: [UInt8] = [1, 2, 15]
    private static let names = ["l1", "l2", "l3", "s1", "s2", "c1", "h1", "h2", "t1", "t2", "t3", "z1", "z2", "z3"]

    private let valueBytesMax: Int
    /// Of the commands that push or add, how much more often they come than others.
    private let pushes: Int
    /// Of the commands that give a key a time.
    private let isHasty: Bool
    /// Of the requests of which some keys may be queues.
    private let queuePercent: Int

    /// - Parameter isKeysOnly: there are no queues.
    init(_ dice: inout Dice, bodyBytesMax: Int, isKeysOnly: Bool) {
        valueBytesMax = min(bodyBytesMax / 4, dice.pick([12, 100, 1000]))
        pushes = dice.pick([1, 2, 4])
        isHasty = dice.oneIn(3)
        queuePercent = isKeysOnly ? 0 : dice.pick([0, 60, 90])
    }

    func request(_ dice: inout Dice, _ books: Books) -> StorageRequest {
        let database = Self.databases[min(dice.below(3), dice.below(3))]
        let all = books.keyBooks.watches.keys.filter { !books.isUsed($0) }.sorted()
        let isOfQueues = { (watch: UInt64) in books.keyBooks.watches[watch]?.database == 0 }
        if dice.chance(percent: queuePercent) {
            return RandomQueueCommands(self, books).request(&dice, watches: all.filter(isOfQueues))
        }
        let watches = all.filter { !isOfQueues($0) }
        switch dice.below(100) {
        case ..<52: return .keys(KeyRequest(database: database, [command(&dice, database)]))
        case ..<70: return .keys(transaction(&dice, database))
        case ..<84: return .keys(waiting(&dice, database))
        case ..<91:
            let under = watches.isEmpty || dice.oneIn(2) ? nil : dice.pick(watches)
            let known = under.flatMap { books.keyBooks.watches[$0]?.database }
            return .watch(
                database: known ?? database, (0..<dice.within(1...3)).map { _ in anyName(&dice) }, under: under)
        case ..<99 where !watches.isEmpty:
            let watch = dice.pick(watches)
            var request = transaction(&dice, books.keyBooks.watches[watch]?.database ?? database)
            request.watch = watch
            return .keys(request)
        default: return watches.isEmpty ? .keys(transaction(&dice, database)) : .unwatch(dice.pick(watches))
        }
    }

    /// Everything there is, for a comparison. Random requests use no other databases.
    static func lookAtAll(_ keys: ModelKeys) -> [StorageRequest] {
        ([0] + databases).map { database in
            let names = keys.names(in: database).map(\.key).sorted { $0.word < $1.word }
            let questions = names.flatMap { name -> [KeyCommand] in
                [
                    .key(.type(name)), .key(.expiry(name)),
                    question(name, keys.keys[ModelKeys.Name(database: database, key: name)]?.value),
                ]
            }
            return .keys(KeyRequest(database: database, [.key(.names(nil)), .key(.count)] + questions))
        }
    }

    private static func question(_ name: Bytes, _ value: ModelValue?) -> KeyCommand {
        switch value {
        case .string, nil: .string(.get(name))
        case .list: .list(.range(name, start: 0, end: -1))
        case .hash: .hash(.getAll(name))
        case .set: .set(.members(name))
        case .sortedSet: .sortedSet(.range(name, SortedSetRange(.ranks(0, -1)), withScores: true))
        }
    }

    private func transaction(_ dice: inout Dice, _ database: UInt8) -> KeyRequest {
        KeyRequest(database: database, (0..<dice.within(2...5)).map { _ in command(&dice, database) })
    }

    private func waiting(_ dice: inout Dice, _ database: UInt8) -> KeyRequest {
        let isList = !dice.oneIn(3)
        let keys = (0..<dice.within(1...2)).map { _ in name(isList ? "l" : "z", &dice) }
        let count = dice.within(1...3)
        let timeout = dice.oneIn(3) ? nil : Milliseconds(Int64(dice.skewed(1...5000)))
        if isList, dice.oneIn(3) {
            let move = ListCommand.move(from: keys[0], end(&dice), to: name("l", &dice), end(&dice))
            return KeyRequest(database: database, [.list(move)], wait: KeyWait([keys[0]], timeout: timeout))
        }
        let one = dice.oneIn(2)
        let command: KeyCommand =
            if isList {
                .list(one ? .popFirstElement(keys, end(&dice)) : .popFirst(keys, end(&dice), count: count))
            } else {
                .sortedSet(one ? .popFirstMember(keys, score(&dice)) : .popFirst(keys, score(&dice), count: count))
            }
        return KeyRequest(database: database, [command], wait: KeyWait(keys, timeout: timeout))
    }
}

// MARK: - Arguments

extension RandomKeyRequests {
    private func end(_ dice: inout Dice) -> ListEnd { dice.oneIn(2) ? .left : .right }
    private func score(_ dice: inout Dice) -> ScoreEnd { dice.oneIn(2) ? .lowest : .highest }

    private func anyName(_ dice: inout Dice) -> Bytes { Bytes(dice.pick(Self.names).utf8) }

    /// Mostly a name for values of this type.
    private func name(_ type: Character, _ dice: inout Dice) -> Bytes {
        dice.oneIn(30) ? anyName(&dice) : Bytes(dice.pick(Self.names.filter { $0.first == type }).utf8)
    }

    /// Never the same twice.
    func element(_ dice: inout Dice) -> Bytes {
        let word = Bytes(String(dice.number(), radix: 36).utf8)
        return word + Bytes(repeating: 120, count: dice.oneIn(3) ? dice.below(valueBytesMax) : 0)
    }

    private func member(_ dice: inout Dice) -> Bytes { Bytes("m\(dice.below(12))".utf8) }

    private func scored(_ dice: inout Dice) -> ScoredMember {
        ScoredMember(Double(dice.below(9)) - 2, member(&dice))
    }

    private func time(_ dice: inout Dice) -> Milliseconds {
        Milliseconds(Int64(dice.skewed(0...(isHasty ? 300 : 20_000))) - (dice.oneIn(8) ? 5 : 0))
    }

    private func some<Value>(_ dice: inout Dice, _ make: (inout Dice) -> Value) -> [Value] {
        (0..<dice.within(1...3)).map { _ in make(&dice) }
    }

    private func place(_ dice: inout Dice) -> Int64 { Int64(dice.below(9)) - 4 }

    private func range(_ dice: inout Dice) -> SortedSetRange {
        let bounds: SortedSetRange.Bounds =
            dice.oneIn(2)
            ? .ranks(place(&dice), place(&dice))
            : .scores(
                ScoreBound(Double(place(&dice)), isIncluded: dice.oneIn(2)),
                ScoreBound(Double(place(&dice)) + 3, isIncluded: dice.oneIn(2)))
        return SortedSetRange(
            bounds, isReversed: dice.oneIn(3), offset: dice.oneIn(4) ? 1 : 0, countMax: dice.oneIn(4) ? 2 : -1)
    }
}

// MARK: - Commands

extension RandomKeyRequests {
    func command(_ dice: inout Dice, _ database: UInt8) -> KeyCommand {
        switch dice.below(20) {
        case ..<6: .list(dice.oneIn(1 + pushes) ? list(&dice) : push(&dice))
        case ..<9: .string(string(&dice))
        case ..<11: .hash(hash(&dice))
        case ..<14: .set(set(&dice))
        case ..<17: .sortedSet(sortedSet(&dice))
        case ..<19: generic(&dice)
        default: whole(&dice, database)
        }
    }

    private func push(_ dice: inout Dice) -> ListCommand {
        .push(name("l", &dice), end(&dice), some(&dice, element), onlyExisting: dice.oneIn(6))
    }

    private func list(_ dice: inout Dice) -> ListCommand {
        let name = name("l", &dice)
        switch dice.below(12) {
        case 0, 1: return .pop(name, end(&dice), count: nil)
        case 2: return .pop(name, end(&dice), count: dice.below(4))
        case 3: return .popFirst([name, self.name("l", &dice)], end(&dice), count: dice.within(1...3))
        case 4, 5: return .move(from: name, end(&dice), to: self.name("l", &dice), end(&dice))
        case 6: return .length(name)
        case 7: return .element(name, at: place(&dice))
        case 8: return .range(name, start: place(&dice), end: place(&dice))
        case 9: return .set(name, at: place(&dice), element(&dice))
        case 10: return .trim(name, start: Int64(dice.below(3)), end: dice.oneIn(3) ? 4 : -1)
        default: return .insert(name, before: dice.oneIn(2), pivot: element(&dice), element(&dice))
        }
    }

    private func string(_ dice: inout Dice) -> StringCommand {
        let name = name("s", &dice)
        switch dice.below(12) {
        case ..<3: return .set(name, element(&dice), setOptions(&dice))
        case ..<6: return .increment(self.name("c", &dice), by: Int64(dice.below(9)) - 3)
        case 6: return .append(name, element(&dice))
        case 7: return .setRange(name, offset: dice.below(40), dice.oneIn(6) ? [] : element(&dice))
        case 8: return .getAndExpire(name, expiry(&dice))
        case 9: return .getAndDelete(name)
        case 10: return .getMany([name, self.name("c", &dice), self.name("l", &dice)])
        default:
            return .setMany(
                [KeyValuePair(name, element(&dice)), KeyValuePair(self.name("s", &dice), element(&dice))],
                onlyNew: dice.oneIn(2))
        }
    }

    private func setOptions(_ dice: inout Dice) -> SetOptions {
        SetOptions(
            condition: dice.pick([.always, .always, .ifNone, .ifExists]), expiry: expiry(&dice),
            answersOld: dice.oneIn(3))
    }

    private func expiry(_ dice: inout Dice) -> ExpiryChange {
        switch dice.below(4) {
        case 0: .keep
        case 1: .after(time(&dice))
        default: .remove
        }
    }

    private func hash(_ dice: inout Dice) -> HashCommand {
        let name = name("h", &dice)
        switch dice.below(9) {
        case ..<3:
            return .set(
                name, some(&dice) { KeyValuePair(member(&$0), element(&$0)) }, countsNew: dice.oneIn(2))
        case 3: return .setNew(name, field: member(&dice), element(&dice))
        case 4, 5: return .increment(name, field: [110, UInt8(48 + dice.below(3))], by: Int64(dice.below(9)) - 3)
        case 6: return .remove(name, fields: some(&dice, member))
        case 7: return .get(name, field: member(&dice))
        default: return dice.oneIn(2) ? .getAll(name) : .exists(name, field: member(&dice))
        }
    }

    private func set(_ dice: inout Dice) -> SetCommand {
        let name = name("t", &dice)
        switch dice.below(10) {
        case ..<3: return .add(name, some(&dice, member))
        case 3: return .remove(name, some(&dice, member))
        case 4: return .pop(name, count: dice.oneIn(2) ? nil : dice.below(4))
        case 5: return .move(from: name, to: self.name("t", &dice), member(&dice))
        case 6: return .members(name)
        case 7: return .contains(name, member(&dice))
        case 8: return .combine(dice.pick(SetOperation.allCases), [name, self.name("t", &dice)])
        default:
            return .store(
                dice.pick(SetOperation.allCases), [name, self.name("t", &dice)], in: self.name("t", &dice))
        }
    }

    private func sortedSet(_ dice: inout Dice) -> SortedSetCommand {
        let name = name("z", &dice)
        switch dice.below(12) {
        case ..<4: return .add(name, some(&dice, scored), condition(&dice), countsChanged: dice.oneIn(2))
        case 4: return .increment(name, by: scored(&dice), condition(&dice))
        case 5: return .remove(name, some(&dice, member))
        case 6: return .pop(name, score(&dice), count: dice.oneIn(2) ? nil : dice.below(4))
        case 7: return .removeRange(name, range(&dice).bounds)
        case 8: return .range(name, range(&dice), withScores: dice.oneIn(2))
        case 9: return .rank(name, member(&dice), isReversed: dice.oneIn(2), withScore: false)
        case 10: return .storeRange(name, to: self.name("z", &dice), range(&dice))
        default:
            let sources = [name, self.name(dice.oneIn(2) ? "t" : "z", &dice)]
            return .storeCombination(
                SortedSetCombination(
                    .union, sources.map { .init($0, weight: Double(dice.below(4))) }, dice.pick([.sum, .min, .max])),
                to: self.name("z", &dice))
        }
    }

    private func condition(_ dice: inout Dice) -> AddCondition {
        guard dice.oneIn(3) else { return AddCondition() }
        return dice.oneIn(2)
            ? AddCondition(.ifNone)
            : AddCondition(dice.pick([.any, .ifExists]), dice.pick([.any, .ifGreater, .ifLess]))
    }

    private func generic(_ dice: inout Dice) -> KeyCommand {
        let name = anyName(&dice)
        switch dice.below(11) {
        case ..<2: return .key(.delete(some(&dice, anyName)))
        case ..<5:
            return .key(
                .expireAfter(
                    name, time(&dice),
                    dice.pick([.always, .always, .ifNone, .ifSome, .ifLater, .ifEarlier, .ifSomeEarlier])))
        case 5: return .key(.persist(name))
        case 6: return .key(.expiry(name))
        // A string under the name of a list is no use to anybody.
        case 7:
            return .key(
                .rename(name, to: self.name(Character(name.word.prefix(1).description), &dice), onlyNew: dice.oneIn(2)))
        case 8:
            return .key(
                .copy(name, to: self.name(Character(name.word.prefix(1).description), &dice), replaces: dice.oneIn(2)))
        case 9: return .key(.exists(some(&dice, anyName)))
        default: return dice.oneIn(8) ? .key(.flush) : .key(.names(nil))
        }
    }

    private func whole(_ dice: inout Dice, _ database: UInt8) -> KeyCommand {
        let (name, other) = (anyName(&dice), dice.pick(Self.databases))
        switch dice.below(5) {
        case ..<2: return .databases(.move(name, to: other))
        case ..<4: return .databases(.copy(name, to: anyName(&dice), in: other, replaces: dice.oneIn(2)))
        default: return dice.oneIn(3) ? .databases(.swap(database, other)) : .key(.count)
        }
    }
}
