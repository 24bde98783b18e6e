import RoostModel

extension Keyspace {
    /// Of a string, as Redis limits it.
    static var stringBytesMax: Int { 512 << 20 }

    func prepare(_ command: StringCommand, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        switch command {
        case .get(let key): PreparedKeys(try string(key, now).map { .bytes($0) } ?? .null)
        case .set(let key, let value, let options): try set(key, value, options, now)
        case .getAndExpire(let key, let change): try getAndExpire(key, change, now)
        case .getAndDelete(let key): try getAndDelete(key, now)
        case .append(let key, let value): try append(key, value, now)
        case .length(let key): PreparedKeys(.integer(Int64(try string(key, now)?.count ?? 0)))
        case .range(let key, let start, let end): try range(key, start, end, now)
        case .setRange(let key, let offset, let value): try setRange(key, offset, value, now)
        case .increment(let key, let step): try increment(key, step, now)
        case .incrementFloat(let key, let step): try incrementFloat(key, step, now)
        case .getMany(let keys): PreparedKeys(.array(keys.map { one(of: $0, now) }))
        case .setMany(let pairs, let onlyNew): setMany(pairs, onlyNew, now)
        case .longestCommon(let one, let other, let form): try longestCommon(one, other, form, now)
        }
    }

    /// Of what is no string, MGET says that there is nothing.
    private func one(of key: Bytes, _ now: BrokerTime) -> KeyReply {
        guard case .string(let text)? = record(key, now)?.value else { return .null }
        return .bytes(text)
    }

    private func set(
        _ key: Bytes, _ value: Bytes, _ options: SetOptions, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let record = record(key, now)
        let old: KeyReply = options.answersOld ? try string(key, now).map { .bytes($0) } ?? .null : .ok
        let isMet =
            switch options.condition {
            case .always: true
            case .ifNone: record == nil
            case .ifExists: record != nil
            }
        guard isMet else { return PreparedKeys(options.answersOld ? old : .null) }
        let expiry = options.expiry.expiry(now, old: record?.expiry)
        // A time that is over already: the key goes at once.
        if let expiry, expiry <= now {
            return PreparedKeys(old, record == nil ? effects(on: key, now, []) : [.delete(key)])
        }
        return PreparedKeys(old, [.putString(key, value, expiry: expiry)])
    }

    private func getAndExpire(
        _ key: Bytes, _ change: ExpiryChange, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard let text = try string(key, now), let record = record(key, now) else { return PreparedKeys(.null) }
        let expiry = change.expiry(now, old: record.expiry)
        if let expiry, expiry <= now { return PreparedKeys(.bytes(text), [.delete(key)]) }
        return PreparedKeys(.bytes(text), expiry == record.expiry ? [] : [.setExpiry(key, expiry)])
    }

    private func getAndDelete(_ key: Bytes, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let text = try string(key, now) else { return PreparedKeys(.null) }
        return PreparedKeys(.bytes(text), [.delete(key)])
    }

    private func range(
        _ key: Bytes, _ start: Int64, _ end: Int64, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let text = try string(key, now) ?? []
        return PreparedKeys(.bytes(Bytes(text[rangeFromFirst(start, end, count: text.count)])))
    }

    /// Of nothing to nothing it makes an empty string.
    private func append(_ key: Bytes, _ value: Bytes, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        guard let text = try string(key, now) else {
            guard value.count <= Self.stringBytesMax else { throw .stringTooLong }
            let effects = effects(on: key, now, [.putString(key, value, expiry: nil)])
            return PreparedKeys(.integer(Int64(value.count)), effects)
        }
        return try setRange(key, text.count, value, now)
    }

    private func setRange(
        _ key: Bytes, _ offset: Int, _ value: Bytes, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        let count = try string(key, now)?.count
        guard !value.isEmpty else { return PreparedKeys(.integer(Int64(count ?? 0))) }
        let (end, overflow) = offset.addingReportingOverflow(value.count)
        guard !overflow, end <= Self.stringBytesMax else { throw .stringTooLong }
        let reply = KeyReply.integer(Int64(max(end, count ?? 0)))
        guard count != nil || offset > 0 else {
            return PreparedKeys(reply, effects(on: key, now, [.putString(key, value, expiry: nil)]))
        }
        return PreparedKeys(reply, effects(writing: [(offset, value)], to: key, count, reaching: offset, now))
    }

    /// Bytes at their places. A string that ends before `end` gets zeros: they take no room in the log.
    ///
    /// - Parameter count: of the string; nil when there is none.
    func effects(
        writing parts: [(offset: Int, bytes: Bytes)], to key: Bytes, _ count: Int?, reaching end: Int, _ now: BrokerTime
    ) -> [KeyEffect] {
        var effects = count == nil ? effects(on: key, now, [.putString(key, [], expiry: nil)]) : []
        if end > count ?? 0 { effects.append(.extend(key, to: end)) }
        return effects + parts.map { .splice(key, offset: $0.offset, $0.bytes) }
    }

    private func increment(_ key: Bytes, _ step: Int64, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        let sum = try sum(try string(key, now), step, .notAnInteger)
        let text = Bytes(String(sum).utf8)
        return PreparedKeys(.integer(sum), [.putString(key, text, expiry: record(key, now)?.expiry)])
    }

    private func incrementFloat(_ key: Bytes, _ step: LongDouble, _ now: BrokerTime) throws(KeyError) -> PreparedKeys {
        let text = try sum(try string(key, now), step, .notAFloat)
        return PreparedKeys(.bytes(text), [.putString(key, text, expiry: record(key, now)?.expiry)])
    }

    private func setMany(_ pairs: [KeyValuePair], _ onlyNew: Bool, _ now: BrokerTime) -> PreparedKeys {
        if onlyNew, pairs.contains(where: { record($0.key, now) != nil }) { return PreparedKeys(.integer(0)) }
        return PreparedKeys(
            onlyNew ? .integer(1) : .ok, pairs.map { .putString($0.key, $0.value, expiry: nil) })
    }
}
