import RoostModel

extension Keyspace {
    func prepare(_ command: GenericCommand, _ now: BrokerTime, _ random: UInt64) throws(KeyError) -> PreparedKeys {
        switch command {
        case .delete(let keys): delete(keys, now)
        case .exists(let keys): PreparedKeys(.integer(Int64(keys.count { record($0, now) != nil })))
        case .type(let key): PreparedKeys(.word(record(key, now)?.value.word ?? .none))
        case .expire(let key, let time, let condition): expire(key, time, condition, now)
        case .expireAfter(let key, let span, let condition): expire(key, now + span, condition, now)
        case .persist(let key): persist(key, now)
        case .expiry(let key, let form): PreparedKeys(.integer(expiry(key, form, now)))
        case .rename(let key, let new, let onlyNew): rename(key, new, onlyNew, now)
        case .copy(let key, let new, let replaces): try copy(key, new, replaces, now)
        case .sort(let key, let options): try sort(key, options, now)
        case .count: PreparedKeys(.integer(Int64(count)))
        case .random: PreparedKeys(randomKey(now, random))
        case .scan(let options, let type): PreparedKeys(records.page(options, type, now))
        case .names(let pattern): PreparedKeys(.array(try names(pattern, now)))
        case .flush: PreparedKeys(.ok, count == 0 ? [] : [.flush])
        case .about(let key, let question): PreparedKeys(try answer(question, key, now))
        case .dump(let key): PreparedKeys(record(key, now).map { .content($0.value.content) } ?? .null)
        case .restore(let key, let content, let expiry, let replaces):
            try restore(key, content, expiry, replaces, now)
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

    private func expiry(_ key: Bytes, _ form: ExpiryForm, _ now: BrokerTime) -> Int64 {
        guard let record = record(key, now) else { return -2 }
        guard let expiry = record.expiry else { return -1 }
        return switch form {
        case .milliseconds: expiry.milliseconds
        case .seconds: seconds(expiry.milliseconds)
        case .millisecondsLeft: (expiry - now).count
        case .secondsLeft: seconds((expiry - now).count)
        }
    }

    private func seconds(_ milliseconds: Int64) -> Int64 {
        milliseconds / 1000 + (milliseconds % 1000 >= 500 ? 1 : 0)
    }

    private func rename(_ key: Bytes, _ new: Bytes, _ onlyNew: Bool, _ now: BrokerTime) -> PreparedKeys {
        guard record(key, now) != nil else { return PreparedKeys(.failure(.noSuchKey)) }
        if onlyNew, record(new, now) != nil { return PreparedKeys(.integer(0)) }
        return PreparedKeys(onlyNew ? .integer(1) : .ok, key == new ? [] : [.rename(key, to: new)])
    }

    private func copy(
        _ key: Bytes, _ new: Bytes, _ replaces: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard key != new else { throw .sameObject }
        guard record(key, now) != nil, replaces || record(new, now) == nil else { return PreparedKeys(.integer(0)) }
        return PreparedKeys(.integer(1), [.copy(from: key, to: new)])
    }

    private func names(_ pattern: GlobPattern?, _ now: BrokerTime) throws(KeyError) -> [KeyReply] {
        var (reply, fault) = (BoundedReply(), KeyError?.none)
        records.forEach { key, records, index in
            guard pattern?.matches(key) ?? true, records[index].expiry.map({ $0 > now }) ?? true else { return true }
            do throws(KeyError) { try reply.append(.bytes(Bytes(copying: key))) } catch { fault = error }
            return fault == nil
        }
        if let fault { throw fault }
        return reply.elements
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
        case .ifSomeEarlier: old.map { time < $0 } ?? false
        }
    }
}
