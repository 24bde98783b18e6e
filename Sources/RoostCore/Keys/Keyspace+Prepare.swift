package import RoostModel

extension Keyspace {
    /// What a command would do and answer now. Changes nothing. A command that fails answers why and does nothing.
    ///
    /// - Parameter random: a new number for each command.
    package func prepare(_ command: KeyCommand, now: BrokerTime, random: UInt64) -> PreparedKeys {
        do throws(KeyError) {
            return switch command {
            case .string(let command): try prepare(command, now)
            case .bits(let command): try prepare(command, now)
            case .list(let command): try prepare(command, now)
            case .hash(let command): try prepare(command, now, random)
            case .set(let command): try prepare(command, now, random)
            case .sortedSet(let command): try prepare(command, now, random)
            case .key(let command): try prepare(command, now, random)
            // Answered where all databases are known.
            case .databases: throw .noSuchDatabase
            // No queue is bound to the channel.
            case .publish: PreparedKeys(.integer(0))
            }
        } catch {
            return PreparedKeys(.failure(error))
        }
    }

    func string(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> Bytes? {
        switch record(key, now)?.value {
        case .string(let text): text
        case nil, .taken: nil
        default: throw .wrongType
        }
    }

    func list(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> PackedList? {
        switch record(key, now)?.value {
        case .list(let box): box[0]
        case nil, .taken: nil
        default: throw .wrongType
        }
    }

    /// Effects on a key that may still have a record whose time is over: it goes first.
    func effects(on key: Bytes, _ now: BrokerTime, _ effects: [KeyEffect]) -> [KeyEffect] {
        isLeftOver(key, now) ? [.delete(key)] + effects : effects
    }

    /// Effects on a key that gets another value: what it holds goes first.
    func effects(replacing key: Bytes, _ now: BrokerTime, _ effects: [KeyEffect]) -> [KeyEffect] {
        record(key, now) == nil ? self.effects(on: key, now, effects) : [.delete(key)] + effects
    }
}

extension ExpiryChange {
    /// - Parameter old: what a key has that keeps its expiry.
    func expiry(_ now: BrokerTime, old: BrokerTime?) -> BrokerTime? {
        switch self {
        case .keep: old
        case .remove: nil
        case .after(let span): now + span
        case .at(let time): time
        }
    }
}

/// A range as Redis has it: both ends included, from the end when negative. Empty outside.
func clamped(_ start: Int64, _ end: Int64, count: Int) -> Range<Int> {
    let count = Int64(count)
    let first = max(0, start < 0 ? start &+ count : start)
    let last = min(count - 1, end < 0 ? end &+ count : end)
    return first <= last ? Int(first)..<Int(last) + 1 : 0..<0
}

/// A position as Redis has it; nil outside.
func position(_ index: Int64, count: Int) -> Int? {
    let place = index < 0 ? index &+ Int64(count) : index
    return place >= 0 && place < count ? Int(place) : nil
}

/// The same for the bytes and bits of strings: an end before the first one is the first one.
func rangeFromFirst(_ start: Int64, _ end: Int64, count: Int) -> Range<Int> {
    if start < 0, end < 0, start > end { return 0..<0 }
    return clamped(start, end < 0 ? max(0, end &+ Int64(count)) : end, count: count)
}
