import RoostCore
import RoostModel
import RoostStorage

// Messages that workers set aside.

extension Engine {
    mutating func bury(
        _ handle: ReceiptHandle, in queue: QueueName, _ burial: Burial
    ) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        let entry = try core.prepareBury(handle, in: id, burial, now: now)
        // Its texts stay in memory.
        try requireMemory()
        try requireSpace(for: .receive, EntryCodec.size(.bury(entry)))
        return commit(.bury(entry)) ? .reply(.done) : .noRoom
    }

    mutating func kick(_ queue: QueueName, count: Int) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        return try kick(core.prepareKick(count, of: id, now: now))
    }

    mutating func kick(_ queue: QueueName, _ message: MessageID) throws(Rejection) -> Outcome {
        let id = try core.queueID(named: queue)
        return try kick(core.prepareKick(message, of: id, now: now))
    }

    private mutating func kick(_ entry: KickEntry?) throws(Rejection) -> Outcome {
        guard let entry else { return .reply(.count(0)) }
        try requireSpace(for: .receive, EntryCodec.size(.kick(entry)))
        return commit(.kick(entry)) ? .reply(.count(entry.slots.count)) : .noRoom
    }
}
