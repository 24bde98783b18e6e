package import RoostModel

// The groups of a queue, page by page.

extension Broker {
    /// A group without its name, which stands in its messages.
    package struct FoundGroup: Sendable {
        /// A message of the group that says its name. Nil: all of them are damaged.
        package var message: Peeked?
        package var facts: QueueGroup
    }

    /// Groups in the order of their birth, at most `limit`, and where to go on; nil: there are no more. What each holds
    /// is counted as long as the steps of the page last.
    package func groups(
        of queue: UInt32, after place: BrowsePlace?, limit: Int
    ) -> (found: [FoundGroup], next: BrowsePlace?) {
        var (found, steps, last): ([FoundGroup], Int, BrowsePlace?) = ([], 0, place)
        var group = firstGroup(of: queue, after: place)
        while group != MessageSlot.none {
            guard found.count < limit, steps < Self.peekStepsMax else { return (found, last) }
            steps += 1
            let birth = groups[group].birth
            if place.map({ birth > $0.birth }) ?? true {
                found.append(describe(group, &steps))
            }
            if let message = anyMessage(of: group) { last = BrowsePlace(message: message.id, birth: birth, key: 0) }
            group = groups[group].siblingNext
        }
        return (found, nil)
    }

    private func firstGroup(of queue: UInt32, after place: BrowsePlace?) -> UInt32 {
        guard let place, let id = place.message, let (slot, number) = idSeal.open(id),
            isMessage(slot, number, of: queue), index[slot].owner.isGroup,
            groups[index[slot].owner.id].birth == place.birth
        else { return queues[queue].groups.head }
        return groups[index[slot].owner.id].siblingNext
    }

    private func anyMessage(of group: UInt32) -> Peeked? {
        let lane = groups[group].lane
        let slot = lane.available.isEmpty ? lane.delayed.head : lane.available.head
        guard slot != MessageSlot.none else { return nil }
        return peeked(slot, lane.available.isEmpty ? .delayed : .ready)
    }

    private func describe(_ group: UInt32, _ steps: inout Int) -> FoundGroup {
        let lane = groups[group].lane
        var counts = MessageCounts(damaged: Int(groups[group].damaged))
        var isWhole = true
        for (head, isDelayed) in [(lane.available.head, false), (lane.delayed.head, true)] {
            var slot = head
            while slot != MessageSlot.none {
                guard steps < Self.peekStepsMax else {
                    isWhole = false
                    break
                }
                steps += 1
                if isDelayed { counts.delayed += 1 } else { count(slot, &counts) }
                slot = index[slot].ageNext
            }
        }
        let head = lane.available.head
        let isHeadHeld = head != MessageSlot.none && !isReady(head)
        let isLocked = queues[groups[group].queue].isFIFO && (isHeadHeld || groups[group].damaged > 0)
        return FoundGroup(
            message: anyMessage(of: group), facts: QueueGroup(counts: counts, isWhole: isWhole, isLocked: isLocked))
    }

    private func count(_ slot: UInt32, _ counts: inout MessageCounts) {
        switch index[slot].place {
        case .inFlight: counts.inFlight += 1
        case .buried: counts.buried += 1
        default: counts.ready += 1
        }
    }
}
