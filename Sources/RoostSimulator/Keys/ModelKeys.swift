import RoostCore
import RoostModel

enum ModelValue: Sendable, Equatable {
    case string(Bytes)
    case list([Bytes])
    case hash([Bytes: Bytes])
    case set(Set<Bytes>)
    case sortedSet([Bytes: Double])

    var isEmpty: Bool {
        switch self {
        case .string: false
        case .list(let elements): elements.isEmpty
        case .hash(let fields): fields.isEmpty
        case .set(let members): members.isEmpty
        case .sortedSet(let scores): scores.isEmpty
        }
    }
}

struct ModelKey: Sendable, Equatable {
    var value: ModelValue
    var expiry: BrokerTime?
}

/// What keys do, as plainly as it can be written: dictionaries and arrays, nothing shared with the core.
///
/// A key whose time is over stays until a record removes it, and cannot be seen meanwhile.
struct ModelKeys: Sendable, Equatable {
    struct Name: Sendable, Hashable {
        var database: UInt8
        var key: Bytes
    }

    var keys: [Name: ModelKey] = [:]

    func visible(_ name: Name, at now: BrokerTime) -> ModelKey? {
        keys[name].flatMap { key in key.expiry.map { $0 > now } ?? true ? key : nil }
    }

    func visible(at now: BrokerTime) -> [Name: ModelKey] {
        keys.filter { $0.value.expiry.map { $0 > now } ?? true }
    }

    /// To whoever looks.
    func isSame(as other: ModelKeys, at now: BrokerTime) -> Bool {
        keys == other.keys || visible(at: now) == other.visible(at: now)
    }

    /// Keys that a tick may remove.
    func expired(at now: BrokerTime) -> [Name] {
        keys.filter { $0.value.expiry.map { $0 <= now } ?? false }.map(\.key)
    }

    func names(in database: UInt8) -> [Name] { keys.keys.filter { $0.database == database } }

    /// A value without elements is no key.
    mutating func put(_ name: Name, _ value: ModelValue, expiry: BrokerTime?) {
        keys[name] = value.isEmpty ? nil : ModelKey(value: value, expiry: expiry)
    }

    mutating func change(_ name: Name, at now: BrokerTime, _ value: ModelValue) {
        put(name, value, expiry: visible(name, at: now)?.expiry)
    }
}

/// The members of a sorted set from the lowest score on; those of one score in the order of their bytes.
func ranked(_ scores: [Bytes: Double]) -> [ScoredMember] {
    scores.sorted { left, right in
        left.value == right.value ? left.key.lexicographicallyPrecedes(right.key) : left.value < right.value
    }
    .map { ScoredMember($0.value, $0.key) }
}
