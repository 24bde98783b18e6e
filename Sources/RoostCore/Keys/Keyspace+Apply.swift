import RoostModel

/// An effect that does not fit the keys it is applied to: the log is not the one that made them.
package struct KeyMismatch: Error, Sendable, Equatable {
    package var reason: String
}

extension Keyspace {
    /// Carries out an effect: live and after a restart the same call with the same effect.
    ///
    /// Takes any effect that the codec reads, and does not trap. After an error a part of the effect may be done.
    package mutating func apply(_ effect: KeyEffect) throws(KeyMismatch) {
        switch effect {
        case .putString(let key, let value, let expiry): put(key, KeyRecord(value: .string(value), expiry: expiry))
        case .splice(let key, let offset, let bytes): try splice(key, offset, bytes)
        case .extend(let key, let count): try extend(key, count)
        case .setExpiry(let key, let expiry): try require(setExpiry(key, expiry), "no key to expire")
        case .delete(let key): try require(remove(key), "no key to delete")
        case .rename(let key, let new): try rename(key, new)
        case .copy(let key, let new): try copy(key, new)
        case .flush: flush()
        case .hash(let effect): try apply(effect)
        case .set(let effect): try apply(effect)
        case .sortedSet(let effect): try apply(effect)
        case .databases: throw KeyMismatch(reason: "an effect on several databases in one of them")
        case .push(let key, let end, let elements): try push(key, end, elements)
        case .setElement(let key, let position, let element):
            try changeList(key, { (0..<$0).contains(position) }, { $0.replace(at: position, with: element) })
        case .insertElement(let key, let position, let element):
            try changeList(key, { (0...$0).contains(position) }, { $0.insert(element, at: position) })
        case .removeElements(let key, let range): try removeElements(key, range)
        }
    }

    func require(_ condition: Bool, _ reason: String) throws(KeyMismatch) {
        guard condition else { throw KeyMismatch(reason: reason) }
    }

    private mutating func splice(_ key: Bytes, _ offset: Int, _ bytes: Bytes) throws(KeyMismatch) {
        let isDone = update(key) { record in
            guard case .string(var text) = record.value, (0...text.count).contains(offset),
                bytes.count <= Self.stringBytesMax - offset
            else { return false }
            record.value = .taken
            let end = min(text.count, offset + bytes.count)
            text.replaceSubrange(offset..<end, with: bytes)
            record.value = .string(text)
            return true
        }
        try require(isDone ?? false, "no string to change")
    }

    private mutating func extend(_ key: Bytes, _ count: Int) throws(KeyMismatch) {
        let isDone = update(key) { record in
            guard case .string(var text) = record.value, (text.count...Self.stringBytesMax).contains(count) else {
                return false
            }
            record.value = .taken
            text.append(contentsOf: repeatElement(0, count: count - text.count))
            record.value = .string(text)
            return true
        }
        try require(isDone ?? false, "no string to extend")
    }

    private mutating func rename(_ key: Bytes, _ new: Bytes) throws(KeyMismatch) {
        guard let record = take(key) else { throw KeyMismatch(reason: "no key to rename") }
        put(new, record)
    }

    private mutating func copy(_ key: Bytes, _ new: Bytes) throws(KeyMismatch) {
        guard let record = heldRecord(key) else { throw KeyMismatch(reason: "no key to copy") }
        if key != new { put(new, record) }
    }

    private mutating func push(_ key: Bytes, _ end: ListEnd, _ elements: [Bytes]) throws(KeyMismatch) {
        try require(!elements.isEmpty, "a list without elements")
        try changeList(key, orIn: .emptyList, { _ in true }) { list in
            for element in elements {
                switch end {
                case .left: list.prepend(element)
                case .right: list.append(element)
                }
            }
        }
    }

    private mutating func removeElements(_ key: Bytes, _ range: Range<Int>) throws(KeyMismatch) {
        var (remains, isEmpty) = (KeyRemains?.none, false)
        try changeList(key, { range.lowerBound >= 0 && range.upperBound <= $0 }) { list in
            // One element at an end costs less this way, and it is the common case.
            switch (range.count, range.lowerBound) {
            case (1, 0): _ = list.popFirst()
            case (1, list.count - 1): _ = list.popLast()
            default: remains = .list(list.removeSubrange(range))
            }
            isEmpty = list.isEmpty
        }
        if let remains { bury(remains) }
        if isEmpty { _ = remove(key) }
    }

    /// `fits`: whether so many elements are enough for the change.
    private mutating func changeList(
        _ key: Bytes, orIn new: @autoclosure () -> KeyValue? = nil, _ fits: (Int) -> Bool,
        _ change: (inout PackedList) -> Void
    ) throws(KeyMismatch) {
        let isDone = update(key, orIn: new) { record in
            guard case .list(var box) = record.value, fits(box[0].count) else { return false }
            record.value = .taken
            change(&box[0])
            record.value = .list(box)
            return true
        }
        try require(isDone ?? false, "no such list")
    }
}
