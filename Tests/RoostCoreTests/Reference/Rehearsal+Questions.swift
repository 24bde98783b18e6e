import RoostCore
import RoostModel

extension Rehearsal {
    mutating func peek() throws {
        guard let id = anyQueue(), let place = model.position(id: id) else { return }
        let state = random.pick(MessageState.allCases)
        try comparePeek(
            broker, model.queues[place], state, fromTail: random.chance(50), count: random.pick([0, 1, 2, 5, 1000]))
    }

    mutating func list() throws {
        let prefixes = [
            "", "", "b", "b-", "ba", "jobs", "jobs-", "a", "z", "Z", "-", "_", "0", "q.", "q.f", "ü", "~", " ",
        ]
        let prefix = random.pick(prefixes)
        let after = random.chance(50) ? try QueueName(random.pick(names)) : nil
        let limit = random.pick([0, 1, 2, 5, 1000])
        let expected = model.list(prefix: prefix, after: after, limit: limit)
        let actual = broker.listQueues(prefix: prefix, after: after, limit: limit)
        try requireEqual(actual.ids, expected.ids, "queues with \"\(prefix)\" after \(after?.text ?? "nothing")")
        try requireEqual(actual.more, expected.more, "whether there are more than \(limit) queues with \"\(prefix)\"")
    }

    mutating func describe() throws {
        guard let id = anyQueue(), let place = model.position(id: id) else { return }
        try compareQueue(broker, model.queues[place])
    }

    /// All that can be seen of a broker.
    func compareAll(_ broker: Broker) throws {
        try requireEqual(broker.queueCount, model.queues.count, "the number of queues")
        try requireEqual(broker.messageCount, held.count, "the number of messages held")
        try requireEqual(held.count, model.messageCount + buried.count, "the number of records that are held")
        let sums = model.sums(now: now)
        try requireEqual(broker.counts, sums.counts, "the counts of all queues")
        try requireEqual(broker.totals, sums.totals, "the totals of all queues")
        let listed = broker.listQueues(prefix: "", after: nil, limit: 1000)
        try requireEqual(listed.ids, model.list(prefix: "", after: nil, limit: 1000).ids, "the list of queues")
        for queue in model.queues {
            try requireEqual(try broker.queueID(named: queue.name), queue.id, "the id of \(queue.name)")
            try requireEqual(broker.queueName(queue.id), queue.name, "the name of \(queue.id)")
            try requireEqual(broker.settings(of: queue.id), queue.settings, "the settings of \(queue.name)")
            try compareQueue(broker, queue)
            for state in MessageState.allCases {
                try comparePeek(broker, queue, state, fromTail: false, count: 1000)
                try comparePeek(broker, queue, state, fromTail: true, count: 1000)
            }
        }
        try compareRecords(broker)
        for name in names where !model.queues.contains(where: { $0.name.text == name }) {
            let name = try QueueName(name)
            let found = outcome { () throws(Rejection) in try broker.queueID(named: name) }
            try requireEqual(found, .failure(.queueDoesNotExist(name)), "the id of \(name), which is not there")
        }
    }

    /// Which records are needed, and by whom.
    private func compareRecords(_ broker: Broker) throws {
        var (living, kept): (Set<BodyLocation>, Set<BodyLocation>) = ([], [])
        broker.forEachLiving { living.insert($0) }
        broker.forEachHeld { kept.insert($0) }
        try requireEqual(kept, held, "the records that are held")
        try requireEqual(living, held.subtracting(buried), "the records of living messages")
        for (slot, serial) in serialOfSlot {
            guard let number = numberOfSerial[serial] else { continue }
            let location = locationOfSerial[serial]
            let lives = broker.isLiving(slot: slot, number: number, at: location ?? .none)
            try requireEqual(lives, location != nil, "whether a message lives")
        }
    }

    func checkReady() throws {
        for queue in model.queues {
            try requireEqual(
                broker.hasDeliverable(queue.id), model.hasDeliverable(queue), "whether \(queue.name) can deliver")
        }
    }

    private func compareQueue(_ broker: Broker, _ queue: ReferenceBroker.Queue) throws {
        try requireEqual(
            broker.describe(queue.id, now: now), model.describe(queue, now: now), "the description of \(queue.name)")
    }

    /// Pages that nothing comes between show all messages once, in the order of one look; also when the message at the
    /// end of a page is forgotten.
    private func comparePages(
        _ broker: Broker, _ queue: ReferenceBroker.Queue, _ state: MessageState, fromTail: Bool, size: Int
    ) throws {
        let expected = model.peek(queue, state, fromTail: fromTail, count: 10_000).map { idOfSerial[$0.serial] }
        var (found, place, pages): ([MessageID?], BrowsePlace?, Int) = ([], nil, 0)
        repeat {
            let page = broker.browse(queue.id, state, fromTail: fromTail, count: size, after: place)
            found += page.found.map(\.id)
            place = page.next
            pages += 1
            guard let last = page.found.last, let next = page.next else { continue }
            // A page may have walked over more that is in other states.
            let behindLast = broker.browse(queue.id, state, fromTail: fromTail, count: 10_000, after: last.place)
            let behindPage = broker.browse(queue.id, state, fromTail: fromTail, count: 10_000, after: next)
            try requireEqual(
                behindPage.found.map(\.id), behindLast.found.map(\.id),
                "what comes behind a page, and behind its last message")
            let again = broker.browse(
                queue.id, state, fromTail: fromTail, count: 10_000,
                after: BrowsePlace(message: nil, birth: next.birth, key: next.key))
            let rest = Set(again.found.map(\.id))
            try requireEqual(
                expected.dropFirst(found.count).allSatisfy { $0.map { rest.contains($0) } ?? true }, true,
                "whether the rest of \(state) is found without the message at the end of the page")
        } while place != nil && pages < 1000
        try requireEqual(found, expected, "messages of \(queue.name) that are \(state), page by page")
    }

    private func comparePeek(
        _ broker: Broker, _ queue: ReferenceBroker.Queue, _ state: MessageState, fromTail: Bool, count: Int
    ) throws {
        let expected = model.peek(queue, state, fromTail: fromTail, count: count)
        let actual = broker.peek(queue.id, state, fromTail: fromTail, count: count)
        try requireEqual(
            actual.map(\.id), expected.map { idOfSerial[$0.serial] }, "messages of \(queue.name) that are \(state)")
        try comparePages(broker, queue, state, fromTail: fromTail, size: max(count, 1))
        for (peeked, message) in zip(actual, expected) {
            try requireEqual(peeked.state, state, "the state of a message")
            try requireEqual(peeked.receiveCount, message.receiveCount, "the receive count of a message")
            let isTimed = state == .delayed || state == .inFlight
            try requireEqual(peeked.due, isTimed ? message.due : nil, "when a message is due")
            try requireEqual(peeked.burial, state == .buried ? message.burial : nil, "why a message was buried")
            try requireEqual(peeked.buriedAt, state == .buried ? message.buriedAt : nil, "when a message was buried")
            let location = state == .damaged ? BodyLocation.none : locationOfSerial[message.serial]
            try requireEqual(peeked.location, location, "the location of a message")
        }
    }
}
