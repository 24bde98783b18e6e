import RoostCore
import RoostModel

/// Keys that somebody watches, to do something only if none of them changes. Costs nothing where nobody does.
struct KeyWatches {
    /// A key as it is when the watch begins.
    struct Watched {
        var name: KeyName
        var expiry: BrokerTime?
        /// Of a key that is a queue. Nobody tells of changes of queues: they are seen in this.
        var history: QueueHistory?
    }

    private struct Watch {
        var keys: [KeyName: QueueHistory?] = [:]
        /// When the first of them expires: that is a change too.
        var expiry: BrokerTime?
        var isBroken = false
    }

    private var watches: [UInt64: Watch] = [:]
    private var watchers: [KeyName: Set<UInt64>] = [:]
    private var next: UInt64 = 1

    var isEmpty: Bool { watches.isEmpty }

    /// - Parameter number: of a watch that gets more keys; nil for a new one.
    mutating func add(_ keys: [Watched], under number: UInt64?) -> UInt64 {
        let number = number.flatMap { watches[$0] == nil ? nil : $0 } ?? next
        if number == next { next += 1 }
        var watch = watches[number] ?? Watch()
        for key in keys where watch.keys[key.name] == nil {
            watch.keys.updateValue(key.history, forKey: key.name)
            watch.expiry = watch.expiry.orEarlier(key.expiry)
            watchers[key.name, default: []].insert(number)
        }
        watches[number] = watch
        return number
    }

    mutating func remove(_ number: UInt64) {
        guard let watch = watches.removeValue(forKey: number) else { return }
        for name in watch.keys.keys {
            watchers[name]?.remove(number)
            if watchers[name]?.isEmpty ?? false { watchers[name] = nil }
        }
    }

    /// A watch that is not there counts as broken.
    ///
    /// - Parameter history: of the queue that a key is now; nil for none.
    func isBroken(_ number: UInt64, now: BrokerTime, _ history: (KeyName) -> QueueHistory?) -> Bool {
        guard let watch = watches[number], !watch.isBroken else { return true }
        if let expiry = watch.expiry, expiry <= now { return true }
        return watch.keys.contains { $0.value != history($0.key) }
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
