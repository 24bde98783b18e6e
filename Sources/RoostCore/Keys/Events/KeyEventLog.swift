package import RoostModel

/// Gathers the events of commands as they are prepared. What is prepared is not done yet: who logs it tells them.
package struct KeyEventLog: Sendable {
    package let classes: KeyEventClasses
    package private(set) var events: [KeyEvent] = []

    package init(_ classes: KeyEventClasses) { self.classes = classes }

    var isOff: Bool { classes.isEmpty }

    mutating func add(_ kind: KeyEventKind, _ key: Bytes, _ database: UInt8) {
        if classes.contains(kind.eventClass) { events.append(KeyEvent(kind, key, in: database)) }
    }

    /// Removed because their time was over.
    package mutating func noteExpired(_ entry: KeysEntry) {
        for case .delete(let key) in entry.effects { add(.expired, key, entry.database) }
    }

    /// The effects are tried on a copy, of which only what they touch is copied.
    ///
    /// - Parameter before: the keys that the command was prepared on.
    mutating func note(
        _ command: KeyCommand, _ prepared: PreparedKeys, in database: UInt8, _ before: Databases, _ now: BrokerTime
    ) {
        guard !isOff else { return }
        if case .failure = prepared.reply { return }
        if classes.contains(.miss) {
            command.forEachKeyRead { if before[database].record($0, now) == nil { add(.keymiss, $0, database) } }
        }
        let news = command.news(of: prepared, in: database)
        guard !news.isEmpty else { return }
        tell(news, before, Self.state(before, KeysEntry(database: database, effects: prepared.effects)), now)
    }

    private static func state(_ before: Databases, _ entry: KeysEntry) -> Databases {
        guard !entry.effects.isEmpty else { return before }
        var after = before
        do throws(KeyMismatch) {
            try after.apply(entry)
        } catch {
            preconditionFailure("keys refused their own effect: \(error)")
        }
        return after
    }

    private struct Place: Hashable {
        var key: Bytes
        var database: UInt8
    }

    /// That a key is new stands before what made it, that it is gone behind; each is told once for a command.
    private mutating func tell(_ news: [KeyNews], _ before: Databases, _ after: Databases, _ now: BrokerTime) {
        var (begun, ended) = (Set<Place>(), Set<Place>())
        for item in news {
            let place = Place(key: item.key, database: item.database)
            let was = before[item.database].record(item.key, now) != nil
            let isThere = after[item.database].record(item.key, now) != nil
            if begun.insert(place).inserted {
                if before[item.database].isLeftOver(item.key, now) { add(.expired, item.key, item.database) }
                if isThere, !was || item.isPlaced { add(.new, item.key, item.database) }
            }
            if let kind = item.kind, isThere || !item.needsKey, was || !item.neededKey {
                add(kind, item.key, item.database)
            }
            if was, !isThere, !item.isMoved, ended.insert(place).inserted { add(.del, item.key, item.database) }
        }
    }
}

/// What a command has to tell of a key.
struct KeyNews {
    /// Nil: only that it is new or gone, if it is.
    var kind: KeyEventKind?
    var key: Bytes
    var database: UInt8
    /// It takes the place of what was there, and is new for that.
    var isPlaced = false
    /// That it is gone is told by the kind.
    var isMoved = false
    /// The kind is told only if the key is there afterwards.
    var needsKey = false
    /// The kind is told only if the key was there before.
    var neededKey = false
}
