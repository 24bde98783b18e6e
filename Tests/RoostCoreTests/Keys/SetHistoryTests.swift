import RoostCore
import RoostModel
import Testing

/// Sets of the standard library, changed as the sets of keys should be.
private struct SetModel {
    var sets: [String: Set<String>] = [:]

    subscript(key: String) -> Set<String> {
        get { sets[key] ?? [] }
        set { sets[key] = newValue.isEmpty ? nil : newValue }
    }

    func combine(_ operation: SetOperation, _ keys: [String]) -> Set<String> {
        let rest = keys.dropFirst().map { self[$0] }
        return switch operation {
        case .intersection: rest.reduce(self[keys[0]]) { $0.intersection($1) }
        case .union: rest.reduce(self[keys[0]]) { $0.union($1) }
        case .difference: rest.reduce(self[keys[0]]) { $0.subtracting($1) }
        }
    }
}

@Suite("Random histories of sets")
struct SetHistoryTests {
    private var keys = KeyspaceHarness()
    private var model = SetModel()
    private var random: SplitMix64
    private let names = ["a", "b", "c", "d"]

    init() { random = SplitMix64(seed: 0) }

    private mutating func name() -> String { names[random.below(names.count)] }
    private mutating func members(_ countMax: Int) -> [String] {
        (0...random.below(countMax)).map { _ in "m\(random.below(400))" }
    }

    @Test("Sets do what sets do, and the log makes the same ones again", arguments: [1, 2, 3, 4] as [UInt64])
    func history(_ seed: UInt64) throws {
        var test = self
        test.random = SplitMix64(seed: seed)
        for step in 0..<1_500 {
            try test.step()
            try test.compare(step)
            test.keys.keys.freeRemains(100)
        }
    }

    private mutating func step() throws {
        switch random.below(10) {
        case 0...3: try add(members(30))
        case 4: try remove(members(200))
        case 5: try move(members(1)[0])
        case 6: try pop(random.below(60))
        case 7: try store(SetOperation.allCases[random.below(3)])
        case 8: try copy()
        default: try read(SetOperation.allCases[random.below(3)])
        }
    }

    private mutating func add(_ members: [String]) throws {
        let key = name()
        let new = Set(members).subtracting(model[key])
        #expect(try keys.ask(.add(bytes(key), members.map(bytes))) == .integer(Int64(new.count)))
        model[key].formUnion(new)
    }

    private mutating func remove(_ members: [String]) throws {
        let key = name()
        let found = Set(members).intersection(model[key])
        #expect(try keys.ask(.remove(bytes(key), members.map(bytes))) == .integer(Int64(found.count)))
        model[key].subtract(found)
    }

    private mutating func move(_ member: String) throws {
        let (from, to) = (name(), name())
        let isThere = model[from].contains(member)
        #expect(try keys.ask(.move(from: bytes(from), to: bytes(to), bytes(member))) == .integer(isThere ? 1 : 0))
        guard isThere else { return }
        model[from].remove(member)
        model[to].insert(member)
    }

    private mutating func pop(_ count: Int) throws {
        let key = name()
        let popped = try keys.ask(.pop(bytes(key), count: count)).texts
        #expect(popped.count == min(count, model[key].count) && model[key].isSuperset(of: popped))
        model[key].subtract(popped)
    }

    private mutating func store(_ operation: SetOperation) throws {
        let (sources, destination) = ((0...random.below(3)).map { _ in name() }, name())
        let result = model.combine(operation, sources)
        let reply = try keys.ask(.store(operation, sources.map(bytes), in: bytes(destination)))
        #expect(reply == .integer(Int64(result.count)))
        model[destination] = result
    }

    private mutating func copy() throws {
        let (from, to, replaces) = (name(), name(), random.below(2) == 0)
        guard from != to else { return }
        let isDone = !model[from].isEmpty && (replaces || model[to].isEmpty)
        #expect(try keys.ask(.copy(bytes(from), to: bytes(to), replaces: replaces)) == .integer(isDone ? 1 : 0))
        if isDone { model[to] = model[from] }
    }

    private mutating func read(_ operation: SetOperation) throws {
        let sources = (0...random.below(3)).map { _ in name() }
        let reply = try keys.ask(.combine(operation, sources.map(bytes))).texts
        let result = model.combine(operation, sources)
        #expect(reply.count == result.count && Set(reply) == result)
        let count = Int64(model.combine(.intersection, sources).count)
        #expect(try keys.ask(.intersectionCount(sources.map(bytes), limit: 7)) == .integer(min(7, count)))
    }

    private func compare(_ step: Int) throws {
        for name in names {
            let command = KeyCommand.set(.members(bytes(name)))
            let reply = keys.keys.prepare(command, now: keys.now, random: 0).reply
            #expect(reply.texts.count == model[name].count && Set(reply.texts) == model[name], "step \(step)")
            #expect(keys.replayed.prepare(command, now: keys.now, random: 0).reply == reply, "step \(step)")
        }
        #expect(keys.keys.count == model.sets.count && keys.replayed.count == model.sets.count)
    }
}
