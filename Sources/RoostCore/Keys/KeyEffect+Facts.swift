package import RoostModel

// What others have to know of an effect before, or after, it is carried out.

extension KeyEffect {
    /// The names under which something is different afterwards in the database of the entry. All of it: nil.
    package var changedKeys: [Bytes]? {
        switch self {
        case .flush: nil
        case .rename(let key, let new): [key, new]
        case .copy(_, let new): [new]
        case .putString(let key, _, _), .splice(let key, _, _), .extend(let key, _), .setExpiry(let key, _),
            .delete(let key),
            .push(let key, _, _), .setElement(let key, _, _), .insertElement(let key, _, _),
            .removeElements(let key, _):
            [key]
        case .hash(.put(let key, _)), .hash(.remove(let key, _)): [key]
        case .set(.add(let key, _)), .set(.remove(let key, _)), .set(.put(let key, _)): [key]
        case .sortedSet(.put(let key, _)), .sortedSet(.remove(let key, _)), .sortedSet(.removeRanks(let key, _)):
            [key]
        case .databases(.move(let key, _)): [key]
        case .databases(.copy), .databases(.swap), .databases(.flushAll): []
        }
    }

    /// What is different afterwards in databases that the effect names.
    package var namedChange: DatabaseChange? {
        switch self {
        case .databases(.copy(_, let key, let database)), .databases(.move(let key, let database)):
            .key(key, in: database)
        case .databases(.swap(let one, let other)): .all(of: [one, other])
        case .databases(.flushAll): .all(of: Array(0..<UInt8(Databases.count)))
        default: nil
        }
    }

    /// Where there may be something to take now that was not there before. See `namedChange` for other databases.
    package var filledKey: Bytes? {
        switch self {
        case .push(let key, _, _), .rename(_, let key), .copy(_, let key), .sortedSet(.put(let key, _)): key
        default: nil
        }
    }

    /// Whether it only takes whole keys away: that goes on as long as there is any space.
    package var removesKeys: Bool {
        switch self {
        case .delete, .flush, .databases(.flushAll): true
        default: false
        }
    }

    /// Bytes of content that it may add, to a value that has as many bytes if it is a string. What is copied is shared
    /// until one of the two changes.
    func growth(onto count: Int) -> Int {
        switch self {
        case .putString(let key, let value, _): key.count + value.count
        case .splice(_, _, let bytes): bytes.count
        case .extend(_, let end): max(0, end - count)
        case .push(let key, _, let elements): key.count + Self.bytes(elements)
        case .setElement(_, _, let element), .insertElement(_, _, let element): element.count
        case .hash(.put(let key, let fields)): fields.reduce(key.count) { $0 + $1.key.count + $1.value.count }
        case .set(.add(let key, let members)), .set(.put(let key, let members)): key.count + Self.bytes(members)
        case .sortedSet(.put(let key, let members)): members.reduce(key.count) { $0 + $1.member.count + 8 }
        default: 0
        }
    }

    private static func bytes(_ strings: [Bytes]) -> Int { strings.reduce(0) { $0 + $1.count } }

    /// Whether it takes more memory. Refused first when that, or the disk, is short.
    package var grows: Bool {
        switch self {
        case .delete, .flush, .rename, .setExpiry, .removeElements, .hash(.remove), .set(.remove), .sortedSet(.remove),
            .sortedSet(.removeRanks), .databases(.move), .databases(.swap), .databases(.flushAll):
            false
        case .putString, .splice, .extend, .copy, .push, .setElement, .insertElement, .hash(.put), .set(.add),
            .set(.put),
            .sortedSet(.put), .databases(.copy):
            true
        }
    }
}

/// What an effect changes in databases that it names. There may be something to take there now.
package enum DatabaseChange: Sendable, Equatable {
    case key(Bytes, in: UInt8)
    case all(of: [UInt8])
}
