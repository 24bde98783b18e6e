import RoostModel

extension Keyspace {
    func prepare(_ command: ListCommand, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        switch command {
        case .push(let key, let end, let elements, let onlyExisting):
            try push(key, end, elements, onlyExisting, now)
        case .pop(let key, let end, let count): try pop(key, end, count, now)
        case .popFirst(let keys, let end, let count): try popFirst(keys, end, count, now)
        case .popFirstElement(let keys, let end): try popFirstElement(keys, end, now)
        case .move(let from, let fromEnd, let to, let toEnd): try move(from, fromEnd, to, toEnd, now)
        case .length(let key): PreparedKeys(.integer(Int64(try list(key, now)?.count ?? 0)))
        case .element(let key, let index): try element(key, index, now)
        case .range(let key, let start, let end): try listRange(key, start, end, now)
        case .set(let key, let index, let element): try set(key, index, element, now)
        case .insert(let key, let before, let pivot, let element): try insert(key, before, pivot, element, now)
        case .remove(let key, let count, let element): try remove(key, count, element, now)
        case .trim(let key, let start, let end): try trim(key, start, end, now)
        case .positions(let key, let element, let rank, let count, let lengthMax):
            try positions(key, element, rank, count, lengthMax, now)
        }
    }

    private func push(
        _ key: Bytes, _ end: ListEnd, _ elements: [Bytes], _ onlyExisting: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let old = try list(key, now)
        if onlyExisting, old == nil { return PreparedKeys(.integer(0)) }
        let count = (old?.count ?? 0) + elements.count
        guard !elements.isEmpty else { return PreparedKeys(.integer(Int64(count))) }
        let push = [KeyEffect.push(key, end, elements)]
        let effects = old == nil ? effects(on: key, now, push) : push
        return PreparedKeys(.integer(Int64(count)), effects)
    }

    private func pop(_ key: Bytes, _ end: ListEnd, _ count: Int?, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let list = try list(key, now) else { return PreparedKeys(count == nil ? .null : .nullArray) }
        guard count != 0 else { return PreparedKeys(.array([])) }
        let (elements, effects) = taken(key, list, end, count ?? 1)
        return PreparedKeys(count == nil ? elements.first ?? .null : .array(elements), effects)
    }

    private func popFirst(
        _ keys: [Bytes], _ end: ListEnd, _ count: Int, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        for key in keys {
            guard let list = try list(key, now) else { continue }
            let (elements, effects) = taken(key, list, end, count)
            return PreparedKeys(.array([.bytes(key), .array(elements)]), effects)
        }
        return PreparedKeys(.nullArray)
    }

    private func popFirstElement(_ keys: [Bytes], _ end: ListEnd, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        for key in keys {
            guard let list = try list(key, now) else { continue }
            let (elements, effects) = taken(key, list, end, 1)
            return PreparedKeys(.array([.bytes(key)] + elements), effects)
        }
        return PreparedKeys(.nullArray)
    }

    /// From the end on, and what takes them away.
    private func taken(
        _ key: Bytes, _ list: borrowing PackedList, _ end: ListEnd, _ count: Int
    ) -> ([KeyReply], [KeyEffect]) {
        let count = max(0, min(count, list.count))
        let range = end == .left ? 0..<count : list.count - count..<list.count
        var elements = self.elements(of: list, range)
        if end == .right { elements.reverse() }
        return (elements, range.isEmpty ? [] : [.removeElements(key, range)])
    }

    private func elements(of list: borrowing PackedList, _ range: Range<Int>) -> [KeyReply] {
        var elements: [KeyReply] = []
        elements.reserveCapacity(range.count)
        list.forEach(in: range) { _, bytes in
            elements.append(.bytes(Bytes(copying: bytes)))
            return true
        }
        return elements
    }

    private func move(
        _ from: Bytes, _ fromEnd: ListEnd, _ to: Bytes, _ toEnd: ListEnd, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let list = try list(from, now) else { return PreparedKeys(.null) }
        _ = try self.list(to, now)
        let position = fromEnd == .left ? 0 : list.count - 1
        let element = list[position]
        let effects = [KeyEffect.push(to, toEnd, [element]), .removeElements(from, position..<position + 1)]
        // Removed first where it is the same list: positions are those before the push.
        return PreparedKeys(
            .bytes(element),
            from == to ? rotated(from, list, position, toEnd, element) : self.effects(on: to, now, effects))
    }

    /// The list may have one element only, and must not go meanwhile.
    private func rotated(
        _ key: Bytes, _ list: borrowing PackedList, _ position: Int, _ end: ListEnd, _ element: Bytes
    ) -> [KeyEffect] {
        let shifted = end == .left ? position + 1 : position
        return [.push(key, end, [element]), .removeElements(key, shifted..<shifted + 1)]
    }

    private func element(_ key: Bytes, _ index: Int64, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let list = try list(key, now), let position = position(index, count: list.count) else {
            return PreparedKeys(.null)
        }
        return PreparedKeys(.bytes(list[position]))
    }

    private func listRange(
        _ key: Bytes, _ start: Int64, _ end: Int64, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let list = try list(key, now) else { return PreparedKeys(.array([])) }
        let range = clamped(start, end, count: list.count)
        let meanBytes = list.byteCount / max(1, list.count) + 1
        var elements = ByteStrings(reserving: range.count, bytes: range.count * meanBytes)
        list.forEach(in: range) { _, bytes in
            elements.append(bytes)
            return true
        }
        return PreparedKeys(.strings(elements))
    }

    private func set(
        _ key: Bytes, _ index: Int64, _ element: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let list = try list(key, now) else { throw .noSuchKey }
        guard let position = position(index, count: list.count) else { throw .indexOutOfRange }
        return PreparedKeys(.ok, [.setElement(key, at: position, element)])
    }

    private func insert(
        _ key: Bytes, _ before: Bool, _ pivot: Bytes, _ element: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let list = try list(key, now) else { return PreparedKeys(.integer(0)) }
        var found: Int?
        list.forEachPosition(of: pivot, in: 0..<list.count) { position in
            found = position
            return false
        }
        guard let found else { return PreparedKeys(.integer(-1)) }
        return PreparedKeys(
            .integer(Int64(list.count + 1)), [.insertElement(key, at: before ? found : found + 1, element)])
    }

    private func remove(
        _ key: Bytes, _ count: Int64, _ element: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let list = try list(key, now) else { return PreparedKeys(.integer(0)) }
        let countMax = count == 0 ? Int.max : Int(clamping: count.magnitude)
        var found: [Int] = []
        let collect = { (position: Int) in
            found.append(position)
            return found.count < countMax
        }
        if count < 0 {
            list.forEachPositionReversed(of: element, in: 0..<list.count, collect)
        } else {
            list.forEachPosition(of: element, in: 0..<list.count, collect)
            // From the right, so that the positions of the others stay.
            found.reverse()
        }
        guard found.count < list.count else { return PreparedKeys(.integer(Int64(found.count)), [.delete(key)]) }
        return PreparedKeys(.integer(Int64(found.count)), Self.joined(found).map { .removeElements(key, $0) })
    }

    /// Neighbours are removed together.
    private static func joined(_ falling: [Int]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for position in falling {
            if let last = ranges.last, last.lowerBound == position + 1 {
                ranges[ranges.count - 1] = position..<last.upperBound
            } else {
                ranges.append(position..<position + 1)
            }
        }
        return ranges
    }

    private func trim(
        _ key: Bytes, _ start: Int64, _ end: Int64, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let list = try list(key, now) else { return PreparedKeys(.ok) }
        let kept = clamped(start, end, count: list.count)
        guard !kept.isEmpty else { return PreparedKeys(.ok, [.delete(key)]) }
        let ends = [kept.upperBound..<list.count, 0..<kept.lowerBound]
        return PreparedKeys(.ok, ends.filter { !$0.isEmpty }.map { .removeElements(key, $0) })
    }

    private func positions(
        _ key: Bytes, _ element: Bytes, _ rank: Int64, _ count: Int?, _ lengthMax: Int, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let none = PreparedKeys(count == nil ? .null : .array([]))
        guard let list = try list(key, now) else { return none }
        let length = lengthMax == 0 ? list.count : min(lengthMax, list.count)
        var (found, skipped) = ([KeyReply](), Int(clamping: rank.magnitude) - 1)
        let countMax = count == nil ? 1 : count == 0 ? Int.max : count ?? 1
        let collect = { (position: Int) in
            if skipped > 0 { skipped -= 1 } else { found.append(.integer(Int64(position))) }
            return found.count < countMax
        }
        if rank < 0 {
            list.forEachPositionReversed(of: element, in: list.count - length..<list.count, collect)
        } else {
            list.forEachPosition(of: element, in: 0..<length, collect)
        }
        guard count == nil else { return PreparedKeys(.array(found)) }
        return found.first.map { PreparedKeys($0) } ?? none
    }
}
