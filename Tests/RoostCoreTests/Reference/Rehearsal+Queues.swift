import RoostCore
import RoostModel

extension Rehearsal {
    mutating func createQueue() throws {
        let name = try randomName()
        var change = random.chance(50) ? QueueSettingsChange() : try randomChange()
        if random.chance(50) { change.isFIFO = true }
        if change.isFIFO == true, random.chance(90) { change.redelivery = nil }
        let expected = outcome { () throws(Rejection) in try model.settingsForNew(name, change) }
        let actual = outcome { () throws(Rejection) in try broker.prepareCreateQueue(name, change, now: now) }
        guard let (settings, creation) = try bothAgree("the creation of a queue", expected, actual) else { return }
        switch creation {
        case .existing(let id):
            try require(settings == nil, "\(name) does not exist")
            try requireEqual(id, model.queues[model.position(named: name)].id, "the id of \(name)")
        case .entry(let entry):
            guard let settings else { throw Discrepancy("\(name) exists") }
            try require(
                entry.name == name && entry.at == now && entry.settings == settings,
                "the entry of a creation has other values: \(entry)")
            try require(model.position(id: entry.queue) == nil, "the id \(entry.queue) is in use")
            model.create(entry.queue, name, settings, now: now)
            try carryOut(.createQueue(entry))
        }
    }

    mutating func deleteQueue() throws {
        let name = try randomName()
        let doomed = model.queues.first { $0.name == name }
        let expected = outcome { () throws(Rejection) in try model.deleteQueue(name) }
        let actual = outcome { () throws(Rejection) in try broker.prepareDeleteQueue(name) }
        guard let (_, entry) = try bothAgree("the deletion of a queue", expected, actual), let doomed else { return }
        try requireEqual(entry.queue, doomed.id, "the id of the deleted queue")
        bury(doomed)
        try carryOut(.deleteQueue(entry), deletes: doomed.id)
    }

    mutating func purge() throws {
        let name = try randomName()
        let doomed = model.queues.first { $0.name == name }
        let expected = outcome { () throws(Rejection) in try model.purge(name) }
        let actual = outcome { () throws(Rejection) in try broker.preparePurgeQueue(name) }
        guard let (_, entry) = try bothAgree("a purge", expected, actual), let doomed else { return }
        bury(doomed)
        try carryOut(.purgeQueue(entry))
    }

    private mutating func bury(_ queue: ReferenceBroker.Queue) {
        for message in queue.all {
            if let location = locationOfSerial.removeValue(forKey: message.serial) { buried.insert(location) }
        }
    }

    mutating func changeSettings() throws {
        let (name, change) = (try randomName(), try randomChange())
        let expected = outcome { () throws(Rejection) in try model.change(name, change, now: now) }
        let actual = outcome { () throws(Rejection) in try broker.prepareChangeSettings(name, change, now: now) }
        guard let (_, entry) = try bothAgree("a change of settings", expected, actual) else { return }
        try carryOut(.changeSettings(entry))
    }

    mutating func pauseOrResume() throws {
        let name = try randomName()
        if random.chance(35) {
            let reason = random.chance(90) ? "déjà vu" : String(repeating: "x", count: 1023 + random.below(3))
            let expected = outcome { () throws(Rejection) in try model.pause(name, reason, now: now) }
            let actual = outcome { () throws(Rejection) in
                try broker.preparePauseQueue(name, reason: reason, now: now)
            }
            guard let (_, entry) = try bothAgree("a pause", expected, actual) else { return }
            try carryOut(.pauseQueue(entry))
        } else {
            let expected = outcome { () throws(Rejection) in try model.resume(name) }
            let actual = outcome { () throws(Rejection) in try broker.prepareResumeQueue(name) }
            guard let (_, entry) = try bothAgree("a resume", expected, actual) else { return }
            try carryOut(.resumeQueue(entry), wakes: entry.queue)
        }
    }

    mutating func randomName() throws -> QueueName { try QueueName(random.pick(names)) }

    private mutating func randomChange() throws -> QueueSettingsChange {
        var change = QueueSettingsChange()
        if random.chance(30) { change.visibilityTimeout = randomVisibility() }
        if random.chance(30) { change.delay = random.chance(60) ? .zero : randomDelay() }
        if random.chance(40) { change.retention = randomRetention() }
        if random.chance(20) {
            change.maximumMessageBytes = random.pick([0, 8, 100, 1_048_576, 16_777_216, 16_777_217])
        }
        if random.chance(10) { change.receiveWait = .seconds(Int64(random.below(4000))) }
        if random.chance(40) { change.redelivery = random.pick(Redelivery.allCases) }
        if random.chance(10) { change.isFIFO = random.chance(50) }
        if random.chance(40) { change.deadLetters = .some(random.chance(10) ? nil : try randomPolicy()) }
        if random.chance(10) { change.deadLetterSources = try randomSources() }
        if random.chance(10) {
            let length = random.chance(95) ? random.below(20) : 49_125 + random.below(20)
            change.properties = ["tag": random.chance(30) ? nil : String(repeating: "x", count: length)]
        }
        return change
    }

    private mutating func randomRetention() -> Milliseconds {
        switch random.below(20) {
        case 0: .zero
        case 1: Milliseconds(1)
        case ..<5: Milliseconds(Int64(1 + random.below(3000)))
        case ..<9: .seconds(Int64(1 + random.below(4000)))
        case ..<14: .seconds(Int64(1 + random.below(1_209_600)))
        case 14: Milliseconds(.max - 1)
        default: .unlimited
        }
    }
}

// MARK: - Time

extension Rehearsal {
    /// Moves the clock and does what is due: mostly all of it, sometimes one slice, as the engine does before a turn.
    mutating func passTime() throws {
        now = now + randomStep()
        let next = broker.nextTick(now: now)
        if let due = model.nextDue { try require(next.map { $0 <= max(due, now) } ?? false, "the tick is called late") }
        if random.chance(10) {
            _ = try tick()
            return
        }
        var calls = 0
        while try tick() || broker.nextTick(now: now).map({ $0 <= now }) ?? false {
            calls += 1
            try require(calls < 10_000, "what is due never ends")
        }
        try require(model.due(at: now).isEmpty, "some timers did not fire")
        for queue in model.queues {
            try require(model.expired(in: queue, at: now).isEmpty, "some messages of \(queue.name) did not expire")
        }
        try require(buried.isEmpty, "some dead messages were not freed")
    }

    private mutating func tick() throws -> Bool {
        guard let entry = broker.prepareTick(now: now) else { return false }
        try requireEqual(entry.at, now, "the time of a tick")
        let work = entry.fired.count + entry.expired.count + Int(entry.reaped)
        try require(work <= Limits.timersPerTickMax, "a tick does \(work) things")
        let fired = living(entry.fired)
        try requireEqual(fired, Array(model.due(at: now).prefix(fired.count)), "the messages whose time was over")
        for serial in fired { model.fire(serial, now: now) }
        let expired = living(entry.expired)
        try requireEqual(expired.count, entry.expired.count, "the number of living messages that expire")
        for queue in model.queues {
            let due = model.expired(in: queue, at: now)
            for group in [nil] + queue.groups.map(Optional.some) {
                let members = queue.line.filter { $0.group == group }.map(\.serial)
                let (mine, first) = (expired.filter(members.contains), due.filter(members.contains))
                try requireEqual(
                    mine, Array(first.prefix(mine.count)),
                    "the messages of \(queue.name), \(group?.name ?? "no group"), that expire")
            }
        }
        for serial in expired { model.expire(serial) }
        try carryOut(.tick(entry), releases: expired)
        return true
    }

    /// Serials of the messages in these slots that were not purged.
    private func living(_ slots: [UInt32]) -> [Int] {
        slots.compactMap { serialOfSlot[$0] }.filter { locationOfSerial[$0] != nil }
    }

    private mutating func randomStep() -> Milliseconds {
        switch random.below(isCalm ? 61 : 100) {
        case ..<25: .zero
        case ..<60: Milliseconds(Int64(1 + random.below(30)))
        case ..<80: Milliseconds(Int64(random.below(2000)))
        case ..<92: .seconds(Int64(random.below(300)))
        case ..<98: .seconds(Int64(random.below(43_200)))
        default: .seconds(Int64(random.below(430_000)))
        }
    }
}
