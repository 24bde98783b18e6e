import RoostModel

/// Keys that somebody watches, to do something only if none of them changes. Costs nothing where nobody does.
struct KeyWatches {
    private struct Watch {
        var keys: Set<KeyName> = []
        /// When the first of them expires: that is a change too.
        var expiry: BrokerTime?
        var isBroken = false
    }

    private var watches: [UInt64: Watch] = [:]
    private var watchers: [KeyName: Set<UInt64>] = [:]
    private var next: UInt64 = 1

    var isEmpty: Bool { watches.isEmpty }

    /// - Parameter number: of a watch that gets more keys; nil for a new one.
    /// - Parameter keys: with the time at which each expires.
    mutating func add(_ keys: [(name: KeyName, expiry: BrokerTime?)], under number: UInt64?) -> UInt64 {
        let number = number.flatMap { watches[$0] == nil ? nil : $0 } ?? next
        if number == next { next += 1 }
        var watch = watches[number] ?? Watch()
        for (name, expiry) in keys where watch.keys.insert(name).inserted {
            watch.expiry = watch.expiry.orEarlier(expiry)
            watchers[name, default: []].insert(number)
        }
        watches[number] = watch
        return number
    }

    mutating func remove(_ number: UInt64) {
        guard let watch = watches.removeValue(forKey: number) else { return }
        for name in watch.keys {
            watchers[name]?.remove(number)
            if watchers[name]?.isEmpty ?? false { watchers[name] = nil }
        }
    }

    /// A watch that is not there counts as broken.
    func isBroken(_ number: UInt64, now: BrokerTime) -> Bool {
        guard let watch = watches[number] else { return true }
        return watch.isBroken || watch.expiry.map { $0 <= now } ?? false
    }

    mutating func noteChange(of name: KeyName) {
        for number in watchers[name] ?? [] { watches[number]?.isBroken = true }
    }

    /// All keys of a database changed.
    mutating func noteChange(of database: UInt8) {
        for (name, numbers) in watchers where name.database == database {
            for number in numbers { watches[number]?.isBroken = true }
        }
    }
}
