package import RoostModel

// Looking without changing.

extension Broker {
    /// `waiters` is not the core's to know: the engine fills it in. `groups`: how many are looked at for the age of the
    /// oldest message; they come in the order of their birth.
    package func describe(_ id: UInt32, now: BrokerTime, groups: Int = describedGroupsMax) -> QueueInfo {
        let oldest = oldestAvailable(of: id, groups)
        return QueueInfo(
            name: queues[id].name,
            settings: queues[id].settings,
            createdAt: queues[id].createdAt,
            modifiedAt: queues[id].modifiedAt,
            counts: queues[id].counts,
            totals: queues[id].totals,
            oldestMessageAge: oldest.map { max(now - $0, .zero) },
            pause: queues[id].pause,
            waiters: 0,
            oftenReceived: queues[id].oftenReceived
        )
    }

    package static let describedGroupsMax = 1000
    /// Of all queues in one list together.
    package static let listedGroupsMax = 10_000

    private func oldestAvailable(of id: UInt32, _ groupsMax: Int) -> BrokerTime? {
        var heads = [queues[id].lane.available.head]
        var group = queues[id].groups.head
        while group != MessageSlot.none, heads.count <= groupsMax {
            heads.append(groups[group].lane.available.head)
            group = groups[group].siblingNext
        }
        return heads.lazy.filter { $0 != MessageSlot.none }.map { index[$0].availableAt }.min()
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
        package var firstReceivedAt: BrokerTime?
        package var due: BrokerTime?
        package var burial: Burial?
        package var buriedAt: BrokerTime?
        package var deadLetterSource: QueueName?
        /// Behind it, when it was found by `browse`.
        package var place: BrowsePlace?
    }

    /// How many messages and groups one peek walks over at most.
    package static let peekStepsMax = 10_000

    /// Messages of one state: ready ones in the order of delivery, delayed ones in the order of sending, in-flight ones
    /// in the order in which they became available, buried ones in the order of burial, damaged ones in the order in
    /// which that was found out, without a location, for there is nothing to read. Groups come one after the other.
    /// Delayed, damaged and in-flight messages are found among the first (or last) `peekStepsMax` of a queue only, and
    /// so are all of a queue with groups.
    package func peek(_ id: UInt32, _ state: MessageState, fromTail: Bool, count: Int) -> [Peeked] {
        let slots =
            switch state {
            case .ready: readySlots(of: id, fromTail: fromTail, count)
            case .delayed: walk(lists(of: id, fromTail, \.delayed), fromTail, count) { _ in true }
            case .damaged: walk([queues[id].damaged], fromTail, count) { _ in true }
            case .buried: buriedSlots(of: id, fromTail: fromTail, count)
            case .inFlight:
                walk(lists(of: id, fromTail, \.available), fromTail, count) { index[$0].place == .inFlight }
            }
        return (state == .damaged ? slots : fitting(slots)).map { peeked($0, state) }
    }

    func peeked(_ slot: UInt32, _ state: MessageState) -> Peeked {
        let burial = burial(of: slot)
        return Peeked(
            slot: slot, number: index[slot].number,
            id: idSeal.seal(slot: slot, number: index[slot].number), state: state,
            availableAt: index[slot].availableAt, location: state == .damaged ? .none : index[slot].location,
            receiveCount: index[slot].receiveCount,
            firstReceivedAt: index[slot].receiveCount > 0 ? index[slot].firstReceivedAt : nil,
            due: state == .delayed || state == .inFlight ? index[slot].deadline : nil,
            burial: burial?.burial, buriedAt: burial?.at, deadLetterSource: deadLetterSource(of: slot))
    }

    func readySlots(of id: UInt32, fromTail: Bool, _ count: Int) -> [UInt32] {
        guard queues[id].groups.isEmpty else {
            return walk(lists(of: id, fromTail, \.available), fromTail, count) { isReady($0) }
        }
        return fromTail ? queues[id].lane.lastReady(count, in: index) : queues[id].lane.firstReady(count, in: index)
    }

    private func lists(
        of id: UInt32, _ fromTail: Bool, _ list: KeyPath<Lane, MessageList<AgeLinks>>
    ) -> [MessageList<AgeLinks>] {
        var lists = [queues[id].lane[keyPath: list]]
        var group = fromTail ? queues[id].groups.tail : queues[id].groups.head
        while group != MessageSlot.none, lists.count < Self.peekStepsMax {
            lists.append(groups[group].lane[keyPath: list])
            group = fromTail ? groups[group].siblingPrevious : groups[group].siblingNext
        }
        if fromTail { lists.append(lists.removeFirst()) }
        return lists
    }

    private func walk(
        _ lists: [MessageList<AgeLinks>], _ fromTail: Bool, _ count: Int, where isWanted: (UInt32) -> Bool
    ) -> [UInt32] {
        var slots: [UInt32] = []
        var steps = 0
        for list in lists {
            var slot = fromTail ? list.tail : list.head
            while slot != MessageSlot.none, slots.count < count, steps < Self.peekStepsMax {
                if isWanted(slot) { slots.append(slot) }
                slot = fromTail ? index[slot].agePrevious : index[slot].ageNext
                steps += 1
            }
        }
        return slots
    }
}
