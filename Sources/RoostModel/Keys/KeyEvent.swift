/// What became of a key: told to those who want to hear of it.
package struct KeyEvent: Sendable, Equatable {
    package var kind: KeyEventKind
    package var key: Bytes
    package var database: UInt8

    package init(_ kind: KeyEventKind, _ key: Bytes, in database: UInt8) {
        self.kind = kind
        self.key = key
        self.database = database
    }
}

/// Which events are told.
package struct KeyEventClasses: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let generic = Self(rawValue: 1)
    package static let string = Self(rawValue: 2)
    package static let list = Self(rawValue: 4)
    package static let set = Self(rawValue: 8)
    package static let hash = Self(rawValue: 16)
    package static let sortedSet = Self(rawValue: 32)
    package static let expired = Self(rawValue: 64)
    /// A key is there that was not.
    package static let new = Self(rawValue: 128)
    /// A key was asked for that is not there.
    package static let miss = Self(rawValue: 256)

    // Nothing of these happens here.

    package static let evicted = Self(rawValue: 512)
    package static let stream = Self(rawValue: 1024)
    package static let module = Self(rawValue: 2048)
}

/// Under the names that Redis has for them.
package enum KeyEventKind: String, Sendable {
    case del, expire, persist
    case renamedFrom = "rename_from"
    case renamedTo = "rename_to"
    case movedFrom = "move_from"
    case movedTo = "move_to"
    case copiedTo = "copy_to"
    case restore

    case set, append, setrange, incrby, incrbyfloat, setbit
    case lpush, rpush, lpop, rpop, lset, linsert, lrem, ltrim, sortstore
    case hset, hdel, hincrby, hincrbyfloat
    case sadd, srem, spop, sinterstore, sunionstore, sdiffstore
    case zadd, zincr, zrem, zremrangebyrank, zremrangebyscore, zremrangebylex, zpopmin, zpopmax
    case zrangestore, zinterstore, zunionstore, zdiffstore

    case expired, new, keymiss

    package var eventClass: KeyEventClasses {
        switch self {
        case .del, .expire, .persist, .renamedFrom, .renamedTo, .movedFrom, .movedTo, .copiedTo, .restore:
            .generic
        case .set, .append, .setrange, .incrby, .incrbyfloat, .setbit: .string
        case .lpush, .rpush, .lpop, .rpop, .lset, .linsert, .lrem, .ltrim, .sortstore: .list
        case .hset, .hdel, .hincrby, .hincrbyfloat: .hash
        case .sadd, .srem, .spop, .sinterstore, .sunionstore, .sdiffstore: .set
        case .zadd, .zincr, .zrem, .zremrangebyrank, .zremrangebyscore, .zremrangebylex, .zpopmin, .zpopmax,
            .zrangestore, .zinterstore, .zunionstore, .zdiffstore:
            .sortedSet
        case .expired: .expired
        case .new: .new
        case .keymiss: .miss
        }
    }
}
