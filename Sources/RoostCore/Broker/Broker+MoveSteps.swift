package import RoostModel

// What moves do, a slice at a time, and messages that are moved one by one.

/// The next thing that a move does.
package enum MoveStep: Sendable, Equatable {
    case transfer(TransferEntry)
    case end(EndMoveEntry)
    /// Many groups were looked at, and there are more.
    case more
    /// There are too many groups to move anything for now, or no places are left at the ends of queues.
    case later
}

extension Broker {
    /// How many groups one step looks at.
    static let moveGroupsPerStepMax = 1000

    /// The next slice of at most `maximum` messages, in the order in which they would be delivered. Nil when the move
    /// does not run.
    package mutating func prepareMoveStep(_ id: UInt64, maximum: Int, now: BrokerTime) -> MoveStep? {
        guard let record = moves[id], record.isRunning else { return nil }
        let wanted = min(maximum, record.toMove - record.moved)
        guard wanted > 0 else { return .end(EndMoveEntry(id: id, at: now, status: .completed)) }
        guard let target = record.to else { return stepBack(record, wanted, now) }
        guard let to = try? requireMoveTarget(target, of: record.from) else {
            return .end(EndMoveEntry(id: id, at: now, status: .failed(.queueIsGone)))
        }
        let slots = deliverableSlots(of: record.from, maximum: wanted)
        guard !slots.isEmpty else { return .end(EndMoveEntry(id: id, at: now, status: .completed)) }
        return transfer(slots, of: record, to: to, now)
    }

    /// Each message to where it came from: a walk over the groups of the queue, again and again until nothing is moved.
    private mutating func stepBack(_ record: MoveRecord, _ wanted: Int, _ now: BrokerTime) -> MoveStep {
        let queue = record.from
        var pass = record.pass
        var (group, looked) = (queues[queue].moveFrom, 0)
        if group == MessageSlot.none { group = queues[queue].groups.head }
        while group != MessageSlot.none, looked < Self.moveGroupsPerStepMax {
            if hasDeliverable(group: group) {
                if let to = livingOrigin(ofGroup: group) {
                    keep(pass, group, of: record)
                    return transfer(firstSlots(ofGroup: group, wanted), of: record, to: to, now)
                }
                pass.hasMetUnknown = true
            }
            group = groups[group].siblingNext
            looked += 1
        }
        guard group == MessageSlot.none else {
            keep(pass, group, of: record)
            return .more
        }
        keep(MoveRecord.Pass(), MessageSlot.none, of: record)
        if pass.hasMoved { return .more }
        let isLeft = pass.hasMetUnknown || queues[queue].lane.hasReady
        return .end(EndMoveEntry(id: record.id, at: now, status: isLeft ? .failed(.unknownOrigin) : .completed))
    }

    private mutating func keep(_ pass: MoveRecord.Pass, _ group: UInt32, of record: MoveRecord) {
        queues[record.from].moveFrom = group
        _ = moves.change(record.id) { $0.pass = pass }
    }

    private func firstSlots(ofGroup id: UInt32, _ maximum: Int) -> [UInt32] {
        let lane = groups[id].lane
        return queues[groups[id].queue].isFIFO
            ? lane.firstInOrder(maximum, in: index) : lane.firstReady(maximum, in: index)
    }

    private func transfer(_ slots: [UInt32], of record: MoveRecord, to: UInt32, _ now: BrokerTime) -> MoveStep {
        guard groups.count + slots.count <= GroupTable.groupsMax, hasNumbers else { return .later }
        return .transfer(
            TransferEntry(
                from: record.from, to: to, at: now, purpose: .redrive, slots: slots, move: record.id))
    }

    /// The queue that the group's messages were dead letters of, while it exists.
    func livingOrigin(ofGroup id: UInt32) -> UInt32? {
        let origin = groups[id].origin
        guard origin != .none, queues.isLive(origin.queue), queues[origin.queue].birth == origin.birth,
            origin.queue != groups[id].queue, queues[origin.queue].isFIFO == queues[groups[id].queue].isFIFO
        else { return nil }
        return origin.queue
    }
}

extension Broker {
    /// Those of the messages that are ready here, in the order of the ids: an entry for each target. `to`: nil takes
    /// each back to the queue that it was a dead letter of; those that do not say stay.
    package func prepareMoveByID(
        from queue: UInt32, to target: QueueName?, _ ids: [MessageID], now: BrokerTime
    ) throws(Rejection) -> [TransferEntry] {
        let accepted = 1...Limits.receiveMessagesMax
        guard accepted.contains(ids.count) else { throw .invalidCount(ids.count, accepted: accepted) }
        var to: UInt32?
        if let target { to = try requireMoveTarget(target, of: queue) }
        var entries: [TransferEntry] = []
        var entryOfTarget: [UInt32: Int] = [:]
        var taken: Set<UInt32> = []
        for id in ids {
            guard let (slot, number) = idSeal.open(id), isMessage(slot, number, of: queue), isReady(slot),
                let goal = to ?? livingOrigin(of: slot), taken.insert(slot).inserted
            else { continue }
            if let place = entryOfTarget[goal] {
                entries[place].slots.append(slot)
            } else {
                entryOfTarget[goal] = entries.count
                entries.append(TransferEntry(from: queue, to: goal, at: now, purpose: .redrive, slots: [slot]))
            }
        }
        guard groups.count + taken.count <= GroupTable.groupsMax else {
            throw .tooManyGroups(max: GroupTable.groupsMax)
        }
        guard hasNumbers else { throw .storageFailed("all numbers of messages are used up") }
        return entries
    }

    private func livingOrigin(of slot: UInt32) -> UInt32? {
        let owner = index[slot].owner
        return owner.isGroup ? livingOrigin(ofGroup: owner.id) : nil
    }
}
