import RoostCore
import RoostModel

extension Rehearsal {
    mutating func bury() throws {
        guard let issued = anyHandle() else { return }
        let queue = random.chance(90) ? issued.queue : anyQueue() ?? issued.queue
        guard model.position(id: queue) != nil else { return }
        let handle = random.chance(97) ? issued.handle : flipped(issued.handle)
        let burial = randomBurial()
        let isOwn = queue == issued.queue && handle == issued.handle
        let time = now
        var changed = model
        let expected = outcome { () throws(Rejection) in
            try changed.bury(issued.serial, handle: issued.number, in: queue, burial, now: time)
        }
        let actual = outcome { () throws(Rejection) in
            try broker.prepareBury(handle, in: queue, burial, now: time)
        }
        guard isOwn || expected == .failure(.burialTooLong(bytes: burial.bytes, max: 8192)) else {
            try requireEqual(actual, .failure(.invalidReceiptHandle), "burying with a handle of something else")
            return
        }
        guard let (_, entry) = try bothAgree("a burial", expected, actual) else { return }
        model = changed
        try requireEqual(serialOfSlot[entry.slot], issued.serial, "the message buried")
        try requireEqual(entry.at, now, "the time of a burial")
        try carryOut(.bury(entry))
    }

    mutating func kick() throws {
        guard let queue = anyQueue() else { return }
        guard random.chance(70) else { return try kickByID(in: queue) }
        let count = random.pick([1, 1, 2, 5, 1000, 1000, 0, 1001])
        let expected = outcome { () throws(Rejection) in try model.kick(count, in: queue) }
        let actual = outcome { () throws(Rejection) in try broker.prepareKick(count, of: queue, now: now) }
        guard let (serials, entry) = try bothAgree("a kick", expected, actual) else { return }
        try requireEqual(entry?.slots.map { serialOfSlot[$0] } ?? [], serials, "the messages kicked")
        if let entry { try carryOut(.kick(entry)) }
    }

    private mutating func kickByID(in queue: UInt32) throws {
        let buried = model.queues.first { $0.id == queue }?.burials ?? []
        let serial = random.chance(70) && !buried.isEmpty ? random.pick(buried) : anyWaitingSerial()
        guard let serial, let id = idOfSerial[serial] else { return }
        let isKicked = model.kick(serial: serial, in: queue)
        let entry = broker.prepareKick(id, of: queue, now: now)
        try requireEqual(entry?.slots.map { serialOfSlot[$0] }, isKicked ? [serial] : nil, "the message kicked by id")
        if let entry { try carryOut(.kick(entry)) }
    }

    private mutating func randomBurial() -> Burial {
        let error = String(
            repeating: "ü", count: random.chance(95) ? random.below(20) : random.pick([4090, 4091, 4096]))
        return Burial(reason: "reason \(random.below(1000))", error: error, by: random.pick(["", "worker 7"]))
    }
}

extension Burial {
    fileprivate var bytes: Int { reason.utf8.count + error.utf8.count + by.utf8.count }
}

extension Result where Success == Void, Failure == Rejection {
    fileprivate static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.success, .success): true
        case (.failure(let left), .failure(let right)): left == right
        default: false
        }
    }
}
