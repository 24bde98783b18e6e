package import RoostModel

// Looking through a queue page by page. A page goes on where the last one ended, however many messages stand before:
// behind the message named there, or, when that is gone, behind what the order of the list says.

/// What a page is to hold at most, and what it holds.
private struct BrowsePage {
    let countMax: Int
    let bytesMax: Int
    let isFromTail: Bool
    var slots: [UInt32] = []
    /// Behind each of them.
    var places: [BrowsePlace] = []
    var bytes = 0
    /// Messages and groups walked over.
    var steps = 0
    /// Where the next page goes on.
    var place: BrowsePlace?

    var hasSteps: Bool { steps < Broker.peekStepsMax }

    /// False, and nothing done, when it does not fit any more.
    mutating func take(_ slot: UInt32, _ length: UInt32, at place: BrowsePlace) -> Bool {
        guard slots.count < countMax, slots.isEmpty || bytes + Int(length) <= bytesMax else { return false }
        slots.append(slot)
        places.append(place)
        self.place = place
        bytes += Int(length)
        return true
    }

    /// Whether something of this key was looked at before `place`.
    func hasPassed(_ key: UInt64, before place: UInt64) -> Bool { isFromTail ? key > place : key < place }
}

/// Which list of a lane, or of the queue, is walked.
private enum BrowseList {
    case available
    case delayed
    case damaged
    case buried
}

extension Broker {
    /// Messages of one state in the order of `peek`, at most `count`, with records of at most `bytesMax` bytes together
    /// (but at least one), and where to go on; nil: there are no more. Walks over at most `peekStepsMax` messages and
    /// groups, so a page may be empty and yet have a next one.
    ///
    /// What comes, goes or changes its state between two pages may be left out or be in both. What stays is in one.
    package func browse(
        _ id: UInt32, _ state: MessageState, fromTail: Bool, count: Int, bytesMax: Int = Limits.receiveBytesMax,
        after place: BrowsePlace? = nil
    ) -> (found: [Peeked], next: BrowsePlace?) {
        var page = BrowsePage(countMax: count, bytesMax: bytesMax, isFromTail: fromTail)
        let isAll =
            switch state {
            case .ready where queues[id].groups.isEmpty: browseReady(id, after: place, &page)
            case .ready: browse(.available, of: id, after: place, &page) { isReady($0) }
            case .inFlight: browse(.available, of: id, after: place, &page) { index[$0].place == .inFlight }
            case .delayed: browse(.delayed, of: id, after: place, &page) { _ in true }
            case .damaged: browse(.damaged, of: id, after: place, &page) { _ in true }
            case .buried: browse(.buried, of: id, after: place, &page) { _ in true }
            }
        let found = zip(page.slots, page.places).map { slot, place in
            var found = peeked(slot, state)
            found.place = place
            return found
        }
        return (found, isAll ? nil : page.place ?? place)
    }

    /// One message in whatever state, without counting. Nil when there is no such message in this queue.
    package func look(at id: MessageID, in queue: UInt32) -> Peeked? {
        guard let (slot, number) = idSeal.open(id), isMessage(slot, number, of: queue),
            let state = state(of: slot)
        else { return nil }
        return peeked(slot, state)
    }

    private func state(of slot: UInt32) -> MessageState? {
        switch index[slot].place {
        case .delayed: .delayed
        case .readyList, .returnedTree, .readyInGroup: .ready
        case .inFlight: .inFlight
        case .damaged: .damaged
        case .buried: .buried
        case .free, .dead: nil
        }
    }
}

// MARK: - Ready messages without groups, in the order of delivery

extension Broker {
    /// A merge, as in `Lane.firstReady`. The place names the last message that stood in the ready list, and the order
    /// of the last one of both. True: there are no more.
    private func browseReady(_ id: UInt32, after place: BrowsePlace?, _ page: inout BrowsePage) -> Bool {
        let (lane, isFromTail) = (queues[id].lane, page.isFromTail)
        var fresh = firstFresh(of: id, after: place, &page)
        guard page.hasSteps else { return false }
        let take = { (slot: UInt32, page: inout BrowsePage) in
            let isFresh = index[slot].place == .readyList
            let message = isFresh ? self.id(of: slot) : page.place?.message ?? place?.message
            let place = BrowsePlace(message: message, birth: 0, key: index[slot].order)
            return page.take(slot, index[slot].location.length, at: place)
        }
        var isCut = false
        let visit = { (old: UInt32, page: inout BrowsePage) in
            while fresh != MessageSlot.none, page.hasPassed(index[fresh].order, before: index[old].order) {
                guard take(fresh, &page) else { return false }
                fresh = isFromTail ? index[fresh].previous : index[fresh].next
            }
            return take(old, &page)
        }
        let key = place?.key
        if isFromTail {
            lane.returned.descend(from: key.map { key in { $0 < key } }, in: index) { old in
                isCut = !visit(old, &page)
                return !isCut
            }
        } else {
            lane.returned.ascend(from: key.map { key in { $0 > key } }, in: index) { old in
                isCut = !visit(old, &page)
                return !isCut
            }
        }
        while !isCut, fresh != MessageSlot.none {
            isCut = !take(fresh, &page)
            if !isCut { fresh = isFromTail ? index[fresh].previous : index[fresh].next }
        }
        return !isCut
    }

    /// The first message of the ready list behind the place.
    private func firstFresh(of id: UInt32, after place: BrowsePlace?, _ page: inout BrowsePage) -> UInt32 {
        let list = queues[id].lane.ready
        guard let place else { return page.isFromTail ? list.tail : list.head }
        if let slot = slot(of: place.message, in: id), index[slot].place == .readyList {
            let next = page.isFromTail ? index[slot].previous : index[slot].next
            return passing(place, from: next, &page)
        }
        return passing(place, from: page.isFromTail ? list.tail : list.head, &page)
    }

    /// Walks over what was looked at already.
    private func passing(_ place: BrowsePlace, from start: UInt32, _ page: inout BrowsePage) -> UInt32 {
        var slot = start
        while slot != MessageSlot.none, page.hasSteps,
            index[slot].order == place.key || page.hasPassed(index[slot].order, before: place.key)
        {
            page.steps += 1
            page.place = BrowsePlace(message: self.id(of: slot), birth: 0, key: place.key)
            slot = page.isFromTail ? index[slot].previous : index[slot].next
        }
        return slot
    }

    private func id(of slot: UInt32) -> MessageID { idSeal.seal(slot: slot, number: index[slot].number) }

    private func slot(of message: MessageID?, in queue: UInt32) -> UInt32? {
        guard let message, let (slot, number) = idSeal.open(message), isMessage(slot, number, of: queue) else {
            return nil
        }
        return slot
    }
}

// MARK: - Lists, one lane after the other

extension Broker {
    /// A key that no message has: the whole lane was looked at.
    private static func endKey(_ page: BrowsePage) -> UInt64 { page.isFromTail ? 0 : .max }

    /// True: there are no more.
    private func browse(
        _ list: BrowseList, of id: UInt32, after place: BrowsePlace?, _ page: inout BrowsePage,
        where isWanted: (UInt32) -> Bool
    ) -> Bool {
        var (owner, slot, skips) = start(list, of: id, after: place, page)
        while let current = owner {
            let birth = birth(of: current)
            // Passed as a whole.
            if skips, let place, page.hasPassed(birth, before: place.birth) { slot = MessageSlot.none }
            while slot != MessageSlot.none {
                guard page.hasSteps else { return false }
                page.steps += 1
                let key = key(of: slot, in: list)
                if skips, let place, hasPassed(birth, key, before: place, page) {
                    page.place = BrowsePlace(message: self.id(of: slot), birth: place.birth, key: place.key)
                } else {
                    skips = false
                    let here = BrowsePlace(message: self.id(of: slot), birth: birth, key: key)
                    if isWanted(slot), !page.take(slot, index[slot].location.length, at: here) { return false }
                    page.place = here
                }
                slot = next(of: slot, in: list, page)
            }
            page.steps += 1
            if let mark = mark(of: current) {
                page.place = BrowsePlace(message: mark, birth: birth, key: Self.endKey(page))
            }
            owner = list == .available || list == .delayed ? lane(after: current, of: id, page) : nil
            slot = owner.map { first($0, list, page) } ?? MessageSlot.none
            guard page.hasSteps || owner == nil else { return false }
        }
        return true
    }

    /// Where the walk begins, and whether it may come past what was looked at already.
    private func start(
        _ list: BrowseList, of id: UInt32, after place: BrowsePlace?, _ page: BrowsePage
    ) -> (owner: Owner?, slot: UInt32, skips: Bool) {
        if let place, let slot = slot(of: place.message, in: id) {
            let owner = index[slot].owner
            if list == .damaged || list == .buried {
                if isIn(list, slot) { return (.queue(id), next(of: slot, in: list, page), false) }
            } else if place.key == Self.endKey(page) {
                let next = lane(after: owner, of: id, page)
                return (next, next.map { first($0, list, page) } ?? MessageSlot.none, false)
            } else if isIn(list, slot) {
                return (owner, next(of: slot, in: list, page), false)
            } else {
                return (owner, first(owner, list, page), true)
            }
        }
        let owner =
            list == .damaged || list == .buried ? .queue(id) : lane(after: nil, of: id, page)
        return (owner, owner.map { first($0, list, page) } ?? MessageSlot.none, place != nil)
    }

    private func isIn(_ list: BrowseList, _ slot: UInt32) -> Bool {
        switch (list, index[slot].place) {
        case (.delayed, .delayed), (.damaged, .damaged), (.buried, .buried): true
        case (.available, .readyList), (.available, .returnedTree), (.available, .readyInGroup),
            (.available, .inFlight), (.available, .buried):
            true
        default: false
        }
    }

    /// Messages of one time may be shown twice when the one named is gone; none is left out.
    private func hasPassed(_ birth: UInt64, _ key: UInt64, before place: BrowsePlace, _ page: BrowsePage) -> Bool {
        guard birth == place.birth else {
            // The lane comes first, from the tail last.
            return page.hasPassed(birth, before: place.birth)
        }
        return page.hasPassed(key, before: place.key)
    }

    private func key(of slot: UInt32, in list: BrowseList) -> UInt64 {
        switch list {
        case .available: UInt64(clamping: index[slot].availableAt.milliseconds)
        case .delayed: index[slot].number
        // Found out in this order, which nothing in them tells: a page whose message is gone begins anew.
        case .damaged: 0
        case .buried: UInt64(clamping: burial(of: slot)?.at.milliseconds ?? 0)
        }
    }

    private func next(of slot: UInt32, in list: BrowseList, _ page: BrowsePage) -> UInt32 {
        switch (list, page.isFromTail) {
        case (.buried, false): index[slot].next
        case (.buried, true): index[slot].previous
        case (_, false): index[slot].ageNext
        case (_, true): index[slot].agePrevious
        }
    }

    private func first(_ owner: Owner, _ list: BrowseList, _ page: BrowsePage) -> UInt32 {
        switch list {
        case .damaged: page.isFromTail ? queues[owner.id].damaged.tail : queues[owner.id].damaged.head
        case .buried: page.isFromTail ? queues[owner.id].buried.tail : queues[owner.id].buried.head
        case .available: page.isFromTail ? lane(of: owner).available.tail : lane(of: owner).available.head
        case .delayed: page.isFromTail ? lane(of: owner).delayed.tail : lane(of: owner).delayed.head
        }
    }

    private func lane(of owner: Owner) -> Lane { owner.isGroup ? groups[owner.id].lane : queues[owner.id].lane }

    private func birth(of owner: Owner) -> UInt64 { owner.isGroup ? groups[owner.id].birth : 0 }

    /// Any message of the lane, to find it again by.
    private func mark(of owner: Owner) -> MessageID? {
        let lane = lane(of: owner)
        let slot = lane.available.isEmpty ? lane.delayed.head : lane.available.head
        return slot == MessageSlot.none ? nil : id(of: slot)
    }

    /// That of the queue, then those of its groups in the order of their birth; from the tail the other way round.
    private func lane(after owner: Owner?, of id: UInt32, _ page: BrowsePage) -> Owner? {
        let group: UInt32
        switch (owner, page.isFromTail) {
        case (nil, false): return .queue(id)
        case (nil, true): group = queues[id].groups.tail
        case (let owner?, false): group = owner.isGroup ? groups[owner.id].siblingNext : queues[id].groups.head
        case (let owner?, true):
            guard owner.isGroup else { return nil }
            group = groups[owner.id].siblingPrevious
        }
        guard group == MessageSlot.none else { return .group(group) }
        return page.isFromTail ? .queue(id) : nil
    }
}
