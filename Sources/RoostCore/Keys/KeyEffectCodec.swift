import RoostModel

/// Effects on keys to bytes and back. All numbers are little-endian; a string is its count u32 and its bytes.
///
/// ```
/// put string            1 | key | expiry i64 (lowest number: none) | value
/// splice                2 | key | offset u32 | bytes
/// set expiry            3 | key | expiry i64 (lowest number: none)
/// delete                4 | key
/// rename                5 | key | new key
/// flush                 6
/// copy                  7 | key | new key
/// extend                8 | key | bytes u32
/// list: push           16 | key | end u8 | count u32 | elements
/// list: set element    17 | key | position u64 | element
/// list: insert element 18 | key | position u64 | element
/// list: remove         19 | key | from u64 | to u64
/// hash: put            32 | key | count u32 | field and value, each
/// hash: remove         33 | key | count u32 | fields
/// set: add             48 | key | count u32 | members
/// set: remove          49 | key | count u32 | members
/// set: put             50 | key | count u32 | members
/// sorted set: put      64 | key | count u32 | score u64 (bits of a double) and member, each
/// sorted set: remove   65 | key | count u32 | members
/// sorted set: remove   66 | key | from u64 | to u64 (ranks)
/// copy to a database   80 | key | new key | database u8
/// move to a database   81 | key | database u8
/// swap databases       82 | database u8 | database u8
/// flush all databases  83
/// ```
/// No count is zero, no range is empty, and no score is NaN.
package enum KeyEffectCodec {
    package static func size(_ effects: [KeyEffect]) -> Int {
        var counter = ByteCounter()
        effects.visit { $0.pointee.write(to: &counter) }
        return counter.count
    }

    /// Fills exactly `size` bytes.
    package static func encode(_ effects: [KeyEffect], into buffer: UnsafeMutableRawBufferPointer) {
        var writer = ByteWriter(buffer)
        encode(effects, &writer)
    }

    static func encode(_ effects: [KeyEffect], _ writer: inout ByteWriter) {
        effects.visit { $0.pointee.write(to: &writer) }
    }

    package static func decode(_ payload: UnsafeRawBufferPointer) throws(EntryDecodingError) -> [KeyEffect] {
        var reader = ByteReader(payload)
        return try decode(&reader)
    }

    /// To the end.
    static func decode(_ reader: inout ByteReader) throws(EntryDecodingError) -> [KeyEffect] {
        var effects: [KeyEffect] = []
        while reader.remaining > 0 { effects.append(try KeyEffect(&reader)) }
        return effects
    }
}

extension KeyEffect {
    /// Numbers are for ever; a number that fell out of use is not used again.
    fileprivate enum Kind: UInt8 {
        case putString = 1
        case splice = 2
        case setExpiry = 3
        case delete = 4
        case rename = 5
        case flush = 6
        case copy = 7
        case extend = 8
        case push = 16
        case setElement = 17
        case insertElement = 18
        case removeElements = 19
        case hashPut = 32
        case hashRemove = 33
        case setAdd = 48
        case setRemove = 49
        case setPut = 50
        case sortedSetPut = 64
        case sortedSetRemove = 65
        case sortedSetRemoveRanks = 66
        case databaseCopy = 80
        case databaseMove = 81
        case databaseSwap = 82
        case databaseFlushAll = 83

        var hasKey: Bool {
            switch self {
            case .flush, .databaseSwap, .databaseFlushAll: false
            default: true
            }
        }
    }
}

extension ByteSink {
    fileprivate mutating func write(_ kind: KeyEffect.Kind, _ key: Bytes) {
        write(kind.rawValue)
        write(string: key)
    }
}

// MARK: - Writing

extension KeyEffect {
    fileprivate func write(to sink: inout some ByteSink) {
        switch self {
        case .putString(let key, let value, let expiry):
            sink.write(.putString, key)
            sink.write(expiry: expiry)
            sink.write(string: value)
        case .splice(let key, let offset, let bytes):
            sink.write(.splice, key)
            sink.write(UInt32(offset))
            sink.write(string: bytes)
        case .extend(let key, let count):
            sink.write(.extend, key)
            sink.write(UInt32(clamping: count))
        case .setExpiry(let key, let expiry):
            sink.write(.setExpiry, key)
            sink.write(expiry: expiry)
        case .delete(let key): sink.write(.delete, key)
        case .rename(let key, let new):
            sink.write(.rename, key)
            sink.write(string: new)
        case .flush: sink.write(Kind.flush.rawValue)
        case .copy(let key, let new):
            sink.write(.copy, key)
            sink.write(string: new)
        case .push(let key, let end, let elements):
            sink.write(.push, key)
            sink.write(end.rawValue)
            sink.write(strings: elements)
        case .setElement(let key, let position, let element):
            sink.write(.setElement, key)
            sink.write(UInt64(position))
            sink.write(string: element)
        case .insertElement(let key, let position, let element):
            sink.write(.insertElement, key)
            sink.write(UInt64(position))
            sink.write(string: element)
        case .removeElements(let key, let range):
            sink.write(.removeElements, key)
            sink.write(range: range)
        case .hash(let effect): effect.write(to: &sink)
        case .set(let effect): effect.write(to: &sink)
        case .sortedSet(let effect): effect.write(to: &sink)
        case .databases(let effect): effect.write(to: &sink)
        }
    }
}

extension DatabaseEffect {
    fileprivate func write(to sink: inout some ByteSink) {
        switch self {
        case .copy(let key, let new, let database):
            sink.write(.databaseCopy, key)
            sink.write(string: new)
            sink.write(database)
        case .move(let key, let database):
            sink.write(.databaseMove, key)
            sink.write(database)
        case .swap(let one, let other):
            sink.write(KeyEffect.Kind.databaseSwap.rawValue)
            sink.write(one)
            sink.write(other)
        case .flushAll: sink.write(KeyEffect.Kind.databaseFlushAll.rawValue)
        }
    }
}

extension HashEffect {
    fileprivate func write(to sink: inout some ByteSink) {
        switch self {
        case .put(let key, let pairs):
            sink.write(.hashPut, key)
            sink.write(pairs: pairs)
        case .remove(let key, let fields):
            sink.write(.hashRemove, key)
            sink.write(strings: fields)
        }
    }
}

extension SetEffect {
    fileprivate func write(to sink: inout some ByteSink) {
        switch self {
        case .add(let key, let members):
            sink.write(.setAdd, key)
            sink.write(strings: members)
        case .remove(let key, let members):
            sink.write(.setRemove, key)
            sink.write(strings: members)
        case .put(let key, let members):
            sink.write(.setPut, key)
            sink.write(strings: members)
        }
    }
}

extension SortedSetEffect {
    fileprivate func write(to sink: inout some ByteSink) {
        switch self {
        case .put(let key, let members):
            sink.write(.sortedSetPut, key)
            sink.write(scored: members)
        case .remove(let key, let members):
            sink.write(.sortedSetRemove, key)
            sink.write(strings: members)
        case .removeRanks(let key, let ranks):
            sink.write(.sortedSetRemoveRanks, key)
            sink.write(range: ranks)
        }
    }
}

// MARK: - Reading

extension KeyEffect {
    fileprivate init(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let number: UInt8 = try reader.read()
        guard let kind = Kind(rawValue: number) else { throw .init(reason: "no effect has the number \(number)") }
        let key = kind.hasKey ? try reader.readString() : []
        self = try Self.read(kind, key, &reader)
    }

    private static func read(
        _ kind: Kind, _ key: Bytes, _ reader: inout ByteReader
    ) throws(EntryDecodingError) -> KeyEffect {
        switch kind {
        case .putString:
            let expiry = try reader.readExpiry()
            return .putString(key, try reader.readString(), expiry: expiry)
        case .splice:
            let offset: UInt32 = try reader.read()
            return .splice(key, offset: Int(offset), try reader.readString())
        case .extend:
            let count: UInt32 = try reader.read()
            return .extend(key, to: Int(count))
        case .setExpiry: return .setExpiry(key, try reader.readExpiry())
        case .delete: return .delete(key)
        case .rename: return .rename(key, to: try reader.readString())
        case .flush: return .flush
        case .copy: return .copy(from: key, to: try reader.readString())
        case .push: return .push(key, try reader.readEnd(), try reader.readStrings())
        case .setElement: return .setElement(key, at: try reader.readPosition(), try reader.readString())
        case .insertElement: return .insertElement(key, at: try reader.readPosition(), try reader.readString())
        case .removeElements: return .removeElements(key, try reader.readRange())
        case .hashPut: return .hash(.put(key, try reader.readPairs()))
        case .hashRemove: return .hash(.remove(key, fields: try reader.readStrings()))
        case .setAdd: return .set(.add(key, try reader.readStrings()))
        case .setRemove: return .set(.remove(key, try reader.readStrings()))
        case .setPut: return .set(.put(key, try reader.readStrings()))
        case .sortedSetPut: return .sortedSet(.put(key, try reader.readScored()))
        case .sortedSetRemove: return .sortedSet(.remove(key, try reader.readStrings()))
        case .sortedSetRemoveRanks: return .sortedSet(.removeRanks(key, try reader.readRange()))
        case .databaseCopy:
            let new = try reader.readString()
            return .databases(.copy(key, to: new, in: try reader.readDatabase()))
        case .databaseMove: return .databases(.move(key, to: try reader.readDatabase()))
        case .databaseSwap: return .databases(.swap(try reader.readDatabase(), try reader.readDatabase()))
        case .databaseFlushAll: return .databases(.flushAll)
        }
    }
}
