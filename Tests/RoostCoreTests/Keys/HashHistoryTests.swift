import RoostCore
import RoostModel
import Testing

/// A long random history of few keys and fields, beside dictionaries that say what has to be there.
@Suite("Histories of hashes")
struct HashHistoryTests {
    fileprivate struct History {
        var keys = KeyspaceHarness()
        var model: [Bytes: [Bytes: Bytes]] = [:]
        var expiries: [Bytes: BrokerTime] = [:]
        var random: SplitMix64

        init(seed: UInt64) { random = SplitMix64(seed: seed) }
    }

    @Test("The keyspace, the model and what only got the effects agree after each step", arguments: UInt64(1)...4)
    func histories(_ seed: UInt64) throws {
        var history = History(seed: seed)
        for step in 0..<2500 {
            try history.step()
            try history.compare(step)
        }
        #expect(history.sizeMax > 15)
        while history.keys.keys.hasRemains { history.keys.keys.freeRemains(10) }
    }
}

extension HashHistoryTests.History {
    private static let names = ["a", "b", "c"].map(bytes)

    var sizeMax: Int { model.values.map(\.count).max() ?? 0 }

    mutating func step() throws {
        let key = random.pick(Self.names)
        let old = model[key] ?? [:]
        switch random.below(100) {
        case 0..<40: try put(key, old)
        case 40..<50: try putNew(key, old)
        case 50..<72: try remove(key, old)
        case 72..<86: try increment(key, old)
        case 86..<90: try rename(key, to: random.pick(Self.names))
        case 90..<93: try expire(key)
        case 93..<95: try delete(key)
        default:
            keys.advance(Int64(random.below(40)))
            for (key, expiry) in expiries where expiry <= keys.now { forget(key) }
        }
    }

    private mutating func forget(_ key: Bytes) { (model[key], expiries[key]) = (nil, nil) }

    private mutating func field() -> Bytes { bytes("f\(random.below(40))") }

    private mutating func value() -> Bytes {
        random.chance(50) ? bytes("\(random.below(1000))") : random.bytes(random.chance(5) ? 6000 : random.below(30))
    }

    private mutating func put(_ key: Bytes, _ old: [Bytes: Bytes]) throws {
        let pairs = (0...random.below(4)).map { _ in KeyValuePair(field(), value()) }
        let new = old.merging(pairs.map { ($0.key, $0.value) }) { $1 }
        #expect(try keys.hash(.set(key, pairs)) == .integer(Int64(new.count - old.count)))
        model[key] = new
    }

    private mutating func putNew(_ key: Bytes, _ old: [Bytes: Bytes]) throws {
        let (field, value) = (field(), value())
        #expect(try keys.hash(.setNew(key, field: field, value)) == .integer(old[field] == nil ? 1 : 0))
        model[key, default: [:]][field] = old[field] ?? value
    }

    private mutating func remove(_ key: Bytes, _ old: [Bytes: Bytes]) throws {
        let fields = (0...random.below(8)).map { _ in field() }
        let new = old.filter { !fields.contains($0.key) }
        #expect(try keys.hash(.remove(key, fields: fields)) == .integer(Int64(old.count - new.count)))
        if new.isEmpty { forget(key) } else { model[key] = new }
    }

    private mutating func increment(_ key: Bytes, _ old: [Bytes: Bytes]) throws {
        let (field, step) = (field(), Int64(random.below(100)) - 50)
        let reply = try keys.hash(.increment(key, field: field, by: step))
        let text = old[field].map { String(decoding: $0, as: UTF8.self) } ?? "0"
        guard let number = Int64(text), "\(number)" == text else {
            #expect(reply == .failure(.hashValueNotAnInteger))
            return
        }
        #expect(reply == .integer(number + step))
        model[key, default: [:]][field] = bytes("\(number + step)")
    }

    private mutating func rename(_ key: Bytes, to new: Bytes) throws {
        let reply = try keys.ask(GenericCommand.rename(key, to: new, onlyNew: false))
        guard let fields = model[key], key != new else { return }
        #expect(reply == .ok)
        let expiry = expiries[key]
        forget(key)
        (model[new], expiries[new]) = (fields, expiry)
    }

    private mutating func expire(_ key: Bytes) throws {
        let time = keys.now + Milliseconds(Int64(1 + random.below(200)))
        _ = try keys.ask(GenericCommand.expire(key, at: time, .always))
        if model[key] != nil { expiries[key] = time }
    }

    private mutating func delete(_ key: Bytes) throws {
        _ = try keys.ask(GenericCommand.delete([key]))
        forget(key)
    }

    func compare(_ step: Int) throws {
        for key in Self.names {
            let reply = keys.keys.prepare(.hash(.getAll(key)), now: keys.now, random: 0).reply
            let replayed = keys.replayed.prepare(.hash(.getAll(key)), now: keys.now, random: 0).reply
            #expect(reply == replayed, "step \(step)")
            guard case .map(let parts) = reply else {
                Issue.record("step \(step): \(reply)")
                continue
            }
            var found: [Bytes: Bytes] = [:]
            for index in stride(from: 0, to: parts.count, by: 2) {
                guard case .bytes(let field) = parts[index], case .bytes(let value) = parts[index + 1] else { continue }
                found[field] = value
            }
            #expect(found == model[key] ?? [:] && found.count * 2 == parts.count, "step \(step)")
        }
    }
}
