package import RoostModel

// Looking without changing.

extension Broker {
    /// `waiters` is not the core's to know: the engine fills it in.
    package func describe(_ id: UInt32, now: BrokerTime) -> QueueInfo {
        let oldest = queues[id].available.head
        return QueueInfo(
            name: queues[id].name,
            settings: queues[id].settings,
            createdAt: queues[id].createdAt,
            modifiedAt: queues[id].modifiedAt,
            counts: queues[id].counts,
            totals: queues[id].totals,
            oldestMessageAge: oldest == MessageSlot.none ? nil : max(now - index[oldest].availableAt, .zero),
            pause: queues[id].pause,
            waiters: 0
        )
    }

    package func counts(of id: UInt32) -> MessageCounts { queues[id].counts }

    /// Ids of queues in the order of names: at most `limit` whose names start with `prefix`, after `after`.
    package func listQueues(prefix: String, after: QueueName?, limit: Int) -> (ids: [UInt32], more: Bool) {
        var ids: [UInt32] = []
        var more = false
        // Names with the prefix stand together, right where the prefix itself would stand: no other is visited.
        queues.list(from: { name in name.text >= prefix && after.map { $0 < name } ?? true }) { id in
            guard queues[id].name.text.hasPrefix(prefix) else { return false }
            if ids.count == limit {
                more = true
                return false
            }
            ids.append(id)
            return true
        }
        return (ids, more)
    }
}

extension Broker {
    package struct Peeked: Sendable {
        package var slot: UInt32
        package var number: UInt64
        package var id: MessageID
        package var state: MessageState
        package var availableAt: BrokerTime
        package var location: BodyLocation
        package var receiveCount: UInt32
        package var due: BrokerTime?
    }

    /// How many messages one peek walks over at most to find those that are in flight.
    package static let peekStepsMax = 10_000

    /// Messages of one state: ready ones in the order of delivery, delayed ones in the order of sending, in-flight ones
    /// in the order in which they became available, damaged ones in the order in which that was found out, without a
    /// location, for there is nothing to read. Delayed, damaged and in-flight messages are found among the first (or
    /// last) `peekStepsMax` of a queue only.
    package func peek(_ id: UInt32, _ state: MessageState, fromTail: Bool, count: Int) -> [Peeked] {
        let slots =
            switch state {
            case .ready: fromTail ? lastReady(of: id, maximum: count) : readySlots(of: id, maximum: count)
            case .delayed: walk(queues[id].delayed, fromTail, count) { _ in true }
            case .damaged: walk(queues[id].damaged, fromTail, count) { _ in true }
            case .inFlight: walk(queues[id].available, fromTail, count) { index[$0].place == .inFlight }
            }
        return (state == .damaged ? slots : fitting(slots)).map { slot in
            Peeked(
                slot: slot, number: index[slot].number,
                id: idSeal.seal(slot: slot, number: index[slot].number), state: state,
                availableAt: index[slot].availableAt, location: state == .damaged ? .none : index[slot].location,
                receiveCount: index[slot].receiveCount,
                due: state == .ready || state == .damaged ? nil : index[slot].deadline)
        }
    }

    private func walk(
        _ list: MessageList<AgeLinks>, _ fromTail: Bool, _ count: Int, where isWanted: (UInt32) -> Bool
    ) -> [UInt32] {
        var slots: [UInt32] = []
        var steps = 0
        var slot = fromTail ? list.tail : list.head
        while slot != MessageSlot.none, slots.count < count, steps < Self.peekStepsMax {
            if isWanted(slot) { slots.append(slot) }
            slot = fromTail ? index[slot].agePrevious : index[slot].ageNext
            steps += 1
        }
        return slots
    }

    private func lastReady(of queue: UInt32, maximum: Int) -> [UInt32] {
        var slots: [UInt32] = []
        var fresh = queues[queue].ready.tail
        queues[queue].returned.descend(in: index) { old in
            while slots.count < maximum, fresh != MessageSlot.none, index[fresh].order > index[old].order {
                slots.append(fresh)
                fresh = index[fresh].previous
            }
            if slots.count < maximum { slots.append(old) }
            return slots.count < maximum
        }
        while slots.count < maximum, fresh != MessageSlot.none {
            slots.append(fresh)
            fresh = index[fresh].previous
        }
        return slots
    }
}
