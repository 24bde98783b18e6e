import RoostModel

/// Hands out what makes the keys of all databases anew, as effects on empty ones: an image of keys has no other form.
///
/// It holds a copy of the databases, and goes through them key by key; long values come in several effects.
struct KeyImageWriter: Sendable {
    /// Of a list in one effect.
    private static let elementsPerEffect = 512
    /// About so much in one effect, where it can be parted.
    private static let bytesPerEffect = 48 * 1024

    private let databases: Databases
    private var database: UInt8 = 0
    private var rank = 0
    /// Of the key of this rank: how much of its value was handed out.
    private var place = 0

    init(_ databases: Databases) { self.databases = databases }

    /// The next changes of one database, about as many bytes as one effect may have; nil at the end.
    mutating func next() -> KeysEntry? {
        while Int(database) < Databases.count, rank == databases[database].count {
            (database, rank) = (database + 1, 0)
        }
        guard Int(database) < Databases.count else { return nil }
        return KeysEntry(database: database, effects: nextEffects())
    }

    private mutating func nextEffects() -> [KeyEffect] {
        let keys = databases[database]
        var (effects, bytes) = ([KeyEffect](), 0)
        while rank < keys.count, bytes < Self.bytesPerEffect {
            let (key, record) = keys.entry(at: rank)
            let part = nextPart(key, record)
            effects.append(part)
            bytes += KeyEffectCodec.size([part])
            guard place == 0 else { continue }
            if let expiry = record.expiry { effects.append(.setExpiry(key, expiry)) }
            rank += 1
        }
        return effects
    }

    /// Sets `place` to zero when it was the last one.
    private mutating func nextPart(_ key: Bytes, _ record: KeyRecord) -> KeyEffect {
        switch record.value {
        case .string(let text): return nextPart(key, text)
        case .list(let box): return nextPart(key, box[0])
        default: preconditionFailure("a value without an image")
        }
    }

    private mutating func nextPart(_ key: Bytes, _ text: Bytes) -> KeyEffect {
        let (start, end) = (place, min(text.count, place + Self.bytesPerEffect))
        place = end == text.count ? 0 : end
        let part = Bytes(text[start..<end])
        return start == 0 ? .putString(key, part, expiry: nil) : .splice(key, offset: start, part)
    }

    private mutating func nextPart(_ key: Bytes, _ list: borrowing PackedList) -> KeyEffect {
        var (elements, bytes) = ([Bytes](), 0)
        list.forEach(in: place..<min(list.count, place + Self.elementsPerEffect)) { _, element in
            elements.append(Bytes(copying: element))
            bytes += element.count
            return bytes < Self.bytesPerEffect
        }
        place = place + elements.count == list.count ? 0 : place + elements.count
        return .push(key, .right, elements)
    }
}

extension Keyspace {
    /// A key by its place in the order of the keyspace, expired or not.
    func entry(at rank: Int) -> (Bytes, KeyRecord) {
        records.withEntry(at: rank) { key, values, index in (Bytes(copying: key), values.value(index)) }
    }
}
