import RoostModel

extension Keyspace {
    func prepare(_ command: BitCommand, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        switch command {
        case .get(let key, let place):
            PreparedKeys(.integer(try string(key, now)?.hasBit(place) ?? false ? 1 : 0))
        case .set(let key, let place, let isSet): try setBit(key, place, isSet, now)
        case .count(let key, let range):
            PreparedKeys(.integer(try string(key, now).map { Int64(BitSpans.count($0, range.bits($0.count))) } ?? 0))
        case .position(let key, let isSet, let range):
            PreparedKeys(.integer(try string(key, now).map { position(isSet, $0, range) } ?? (isSet ? -1 : 0)))
        case .combine(let operation, let keys, let to): try combine(operation, keys, to, now)
        case .fields(let key, let steps): try carryOut(steps, key, now)
        }
    }

    private func setBit(
        _ key: Bytes, _ place: Int, _ isSet: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let text = try string(key, now)
        guard (0..<BitCommand.placesMax).contains(place) else { throw .stringTooLong }
        let (byte, bit) = (place / 8, UInt8(0x80) >> UInt8(place % 8))
        let old = text.map { byte < $0.count ? $0[byte] : 0 } ?? 0
        let new = isSet ? old | bit : old & ~bit
        return PreparedKeys(
            .integer(old & bit == 0 ? 0 : 1),
            effects(writing: old == new ? [] : [(byte, [new])], to: key, text?.count, reaching: byte + 1, now))
    }

    private func position(_ isSet: Bool, _ text: Bytes, _ range: BitRange?) -> Int64 {
        var range = range
        // Two ends before the first byte are the first byte here, whichever of them is the later one.
        let units = Int64(range.units(text.count))
        if let start = range?.start, start < 0 { range?.start = max(0, start &+ units) }
        let bits = range.bits(text.count)
        guard !bits.isEmpty else { return -1 }
        if let place = BitSpans.first(isSet, in: text, bits) { return Int64(place) }
        return isSet || range?.end != nil ? -1 : Int64(bits.upperBound)
    }

    private func combine(
        _ operation: BitOperation, _ keys: [Bytes], _ to: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        var texts: [Bytes] = []
        for key in keys { texts.append(try string(key, now) ?? []) }
        let result = BitSpans.combined(operation, texts)
        return PreparedKeys(
            .integer(Int64(result.count)),
            result.isEmpty ? effects(replacing: to, now, []) : [.putString(to, result, expiry: nil)])
    }

    private func carryOut(_ steps: [BitFieldStep], _ key: Bytes, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        let text = try string(key, now)
        var view = BitFieldView(text ?? [])
        let replies = steps.map { view.carryOut($0).map { KeyReply.integer($0) } ?? .null }
        guard view.end <= Self.stringBytesMax else { throw .stringTooLong }
        return PreparedKeys(
            .array(replies),
            view.end == 0 ? [] : effects(writing: view.changes, to: key, text?.count, reaching: view.end, now))
    }
}

extension [UInt8] {
    fileprivate func hasBit(_ place: Int) -> Bool {
        place >= 0 && place / 8 < count && self[place / 8] << UInt8(place % 8) & 0x80 != 0
    }
}

extension BitRange? {
    /// In which it counts.
    fileprivate func units(_ count: Int) -> Int { self?.isOfBits ?? false ? count * 8 : count }

    /// The bits of a string of so many bytes.
    fileprivate func bits(_ count: Int) -> Range<Int> {
        guard let range = self else { return 0..<count * 8 }
        let units = self.units(count)
        let inside = rangeFromFirst(range.start, range.end ?? -1, count: units)
        return range.isOfBits ? inside : inside.lowerBound * 8..<inside.upperBound * 8
    }
}
