import RoostModel

extension Keyspace {
    func prepare(_ command: GenericCommand, _ now: BrokerTime, _ random: UInt64) throws(KeyError) -> PreparedKeys {
        switch command {
        case .delete(let keys): delete(keys, now)
        case .exists(let keys): PreparedKeys(.integer(Int64(keys.count { record($0, now) != nil })))
        case .type(let key): PreparedKeys(.word(record(key, now)?.value.word ?? .none))
        case .expire(let key, let time, let condition): expire(key, time, condition, now)
        case .persist(let key): persist(key, now)
        case .expiry(let key): PreparedKeys(.integer(expiry(key, now)))
        case .rename(let key, let new, let onlyNew): rename(key, new, onlyNew, now)
        case .copy(let key, let new, let replaces): copy(key, new, replaces, now)
        case .sort(let key, let options): try sort(key, options, now)
        case .count: PreparedKeys(.integer(Int64(count)))
        case .random: PreparedKeys(randomKey(now, random))
        case .scan(let options, let type): PreparedKeys(records.page(options, type, now))
        case .flush: PreparedKeys(.ok, count == 0 ? [] : [.flush])
        }
    }

    private func delete(_ keys: [Bytes], _ now: BrokerTime) -> PreparedKeys {
        var seen = Set<Bytes>()
        let found = keys.filter { record($0, now) != nil && seen.insert($0).inserted }
        let effects = found.map { KeyEffect.delete($0) }
        return PreparedKeys(.integer(Int64(effects.count)), effects)
    }

    private func expire(
        _ key: Bytes, _ time: BrokerTime, _ condition: ExpiryCondition, _ now: BrokerTime
    ) -> PreparedKeys {
        guard let record = record(key, now), condition.isMet(time, old: record.expiry) else {
            return PreparedKeys(.integer(0))
        }
        return PreparedKeys(.integer(1), [time <= now ? .delete(key) : .setExpiry(key, time)])
    }

    private func persist(_ key: Bytes, _ now: BrokerTime) -> PreparedKeys {
        guard record(key, now)?.expiry != nil else { return PreparedKeys(.integer(0)) }
        return PreparedKeys(.integer(1), [.setExpiry(key, nil)])
    }

    private func expiry(_ key: Bytes, _ now: BrokerTime) -> Int64 {
        guard let record = record(key, now) else { return -2 }
        return record.expiry?.milliseconds ?? -1
    }

    private func rename(_ key: Bytes, _ new: Bytes, _ onlyNew: Bool, _ now: BrokerTime) -> PreparedKeys {
        guard record(key, now) != nil else { return PreparedKeys(.failure(.noSuchKey)) }
        if onlyNew, record(new, now) != nil { return PreparedKeys(.integer(0)) }
        return PreparedKeys(onlyNew ? .integer(1) : .ok, key == new ? [] : [.rename(key, to: new)])
    }

    private func copy(_ key: Bytes, _ new: Bytes, _ replaces: Bool, _ now: BrokerTime) -> PreparedKeys {
        guard record(key, now) != nil, replaces || record(new, now) == nil else { return PreparedKeys(.integer(0)) }
        return PreparedKeys(.integer(1), key == new ? [] : [.copy(from: key, to: new)])
    }

    /// Keys whose time is over may still stand here; a few picks are enough, for ticks remove them.
    private func randomKey(_ now: BrokerTime, _ random: UInt64) -> KeyReply {
        guard count > 0 else { return .null }
        var random = random
        for _ in 0..<100 {
            let key = key(at: Int(random % UInt64(count)))
            if record(key, now) != nil { return .bytes(key) }
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            random ^= random >> 33
        }
        return .null
    }
}

extension ExpiryCondition {
    fileprivate func isMet(_ time: BrokerTime, old: BrokerTime?) -> Bool {
        switch self {
        case .always: true
        case .ifNone: old == nil
        case .ifSome: old != nil
        case .ifLater: old.map { time > $0 } ?? false
        case .ifEarlier: old.map { time < $0 } ?? true
        }
    }
}
