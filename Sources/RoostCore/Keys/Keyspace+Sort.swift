import RoostModel

extension Keyspace {
    func sort(_ key: Bytes, _ options: SortOptions, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        let source = try sortSource(key, now)
        let range = options.range(in: source.count)
        let elements: [Bytes]
        switch options.order(of: source) {
        case .kept: elements = source.elements(range, isReversed: options.isDescending)
        case .byBytes(let pattern): elements = Array(sorted(source, by: pattern, options, now)[range])
        case .byNumbers(let pattern): elements = Array(try sortedByNumber(source, by: pattern, options, now)[range])
        }
        let replies = try answers(for: elements, options, now)
        guard let destination = options.destination else { return PreparedKeys(.array(replies)) }
        return stored(replies, destination, now)
    }

    private func sortSource(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> SortSource {
        switch record(key, now)?.value {
        case .list(let box): .list(box[0])
        case .set(let box): .set(box[0])
        case .sortedSet(let box): .sortedSet(box[0].order)
        case nil, .taken: .list(PackedList())
        case .string, .hash: throw .wrongType
        }
    }

    private func answers(
        for elements: [Bytes], _ options: SortOptions, _ now: BrokerTime
    ) throws(KeyError) -> [KeyReply] {
        guard !options.get.isEmpty else { return elements.map { .bytes($0) } }
        var reply = BoundedReply()
        for element in elements {
            for pattern in options.get {
                try reply.append(value(pattern, of: element, now).map { .bytes($0) } ?? .null)
            }
        }
        return reply.elements
    }

    private func stored(_ replies: [KeyReply], _ destination: Bytes, _ now: BrokerTime) -> PreparedKeys {
        let elements = replies.map { reply in
            // A list has no place for what is not there.
            guard case .bytes(let element) = reply else { return Bytes() }
            return element
        }
        return PreparedKeys(
            .integer(Int64(elements.count)),
            effects(replacing: destination, now, elements.isEmpty ? [] : [.push(destination, .right, elements)]))
    }

    /// Nil when there is none, or it is of another type.
    private func value(_ pattern: SortPattern, of element: Bytes, _ now: BrokerTime) -> Bytes? {
        switch pattern {
        case .element: return element
        case .constant: return nil
        case .key(let prefix, let suffix):
            guard case .string(let text)? = record(prefix + element + suffix, now)?.value else { return nil }
            return text
        case .field(let field, let prefix, let suffix):
            guard case .hash(let box)? = record(prefix + element + suffix, now)?.value else { return nil }
            return box[0].value(field, hash: hasher.hash(field))
        }
    }
}

// MARK: - Order

extension Keyspace {
    /// Elements without a value come first; those that are equal keep their order.
    private func sorted(
        _ source: SortSource, by pattern: SortPattern?, _ options: SortOptions, _ now: BrokerTime
    ) -> [Bytes] {
        let weighed = source.elements(0..<source.count).map { element in
            (element: element, value: pattern.map { value($0, of: element, now) } ?? element)
        }
        let compare = { (left: Bytes?, right: Bytes?) in
            guard let left, let right else { return left == nil && right != nil }
            return precedes(left, right)
        }
        return weighed.sorted { left, right in
            options.isDescending ? compare(right.value, left.value) : compare(left.value, right.value)
        }.map(\.element)
    }

    /// No value counts as zero. Elements of one number are in the order of their bytes.
    private func sortedByNumber(
        _ source: SortSource, by pattern: SortPattern?, _ options: SortOptions, _ now: BrokerTime
    ) throws(KeyError) -> [Bytes] {
        var weighed: [(element: Bytes, number: Double)] = []
        for element in source.elements(0..<source.count) {
            guard let value = pattern.map({ value($0, of: element, now) }) ?? element else {
                weighed.append((element, 0))
                continue
            }
            guard let number = sortNumber(value) else { throw .sortValueNotANumber }
            weighed.append((element, number))
        }
        weighed.sort { left, right in
            let (left, right) = options.isDescending ? (right, left) : (left, right)
            return left.number == right.number ? precedes(left.element, right.element) : left.number < right.number
        }
        return weighed.map(\.element)
    }
}

/// What SORT can order.
private enum SortSource {
    case list(PackedList)
    case set(ByteSet)
    case sortedSet(ScoreTree)

    var count: Int {
        switch self {
        case .list(let list): list.count
        case .set(let set): set.count
        case .sortedSet(let order): order.count
        }
    }

    /// Reversed, a range counts from the end. A set has no order: there is nothing to reverse.
    func elements(_ range: Range<Int>, isReversed: Bool = false) -> [Bytes] {
        var elements: [Bytes] = []
        elements.reserveCapacity(range.count)
        let inside = isReversed ? count - range.upperBound..<count - range.lowerBound : range
        let collect = { (element: Span<UInt8>) in
            elements.append(Bytes(copying: element))
            return elements.count < range.count
        }
        guard !range.isEmpty else { return [] }
        switch self {
        case .list(let list): list.forEach(in: inside) { collect($1) }
        case .sortedSet(let order): order.forEach(in: inside) { collect($1) }
        case .set(let set): set.forEach(from: range.lowerBound) { member, _, _ in collect(member) }
        }
        if case .set = self { return elements }
        return isReversed ? elements.reversed() : elements
    }
}

private enum SortOrder {
    case kept
    case byBytes(SortPattern?)
    case byNumbers(SortPattern?)
}

extension SortOptions {
    fileprivate func order(of source: SortSource) -> SortOrder {
        switch by {
        case .element, .constant:
            // What is stored shall not depend on how sets are held.
            if case .set = source, destination != nil || ordersSets { return .byBytes(nil) }
            return .kept
        case nil, .key, .field: return isAlphabetic ? .byBytes(by) : .byNumbers(by)
        }
    }

    /// The part that is answered.
    fileprivate func range(in total: Int) -> Range<Int> {
        let start = Int(clamping: min(max(0, offset), Int64(total)))
        let length = count < 0 ? total - start : Int(clamping: min(count, Int64(total - start)))
        return start..<start + length
    }
}

private func precedes(_ left: Bytes, _ right: Bytes) -> Bool {
    left.withUnsafeBytes { left in right.withUnsafeBytes { compareBytes(left, $0) < 0 } }
}

/// A number as strtod reads one: spaces before it are no matter, and nothing at all is zero.
private func sortNumber(_ text: Bytes) -> Double? {
    if text.isEmpty { return 0 }
    let digits = text.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
    guard let number = Double(String(decoding: digits, as: UTF8.self)), !number.isNaN else { return nil }
    // Infinity is what it says, not a number that is too large.
    if number.isInfinite { return digits.contains { $0 | 0x20 == UInt8(ascii: "i") } ? number : nil }
    return number
}
