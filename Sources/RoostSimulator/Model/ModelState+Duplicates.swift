import RoostModel

/// A message that was sent to a FIFO queue, whatever became of it since.
struct RememberedMessage: Sendable {
    /// Which queue of all there ever were.
    var queue: Int
    /// Nil: the id counts in the whole queue.
    var group: String?
    var id: String
    var number: UInt64
    var slot: UInt32
    var sentAt: BrokerTime
}

/// A message with the id of another one is not stored again for five minutes: not after the other one's delete, and not
/// after a restart. A purge ends it. An id counts where the settings of the queue said when it was sent.
extension ModelState {
    static let duplicateWindow = Milliseconds(300_000)

    func original(of message: NewMessage, in queue: ModelQueue, at now: BrokerTime) -> RememberedMessage? {
        guard queue.settings.isFIFO, let id = message.deduplication?.id else { return nil }
        let group = queue.settings.deduplicationScope == .group ? message.group : nil
        return remembered.last {
            $0.queue == queue.serial && $0.group == group && $0.id == id && now - $0.sentAt < Self.duplicateWindow
        }
    }

    mutating func remember(_ sent: ModelMessage, in queue: ModelQueue) {
        guard let id = sent.message.deduplication?.id else { return }
        remembered.removeAll { sent.sentAt - $0.sentAt >= Self.duplicateWindow }
        remembered.append(
            RememberedMessage(
                queue: queue.serial, group: queue.settings.deduplicationScope == .group ? sent.message.group : nil,
                id: id, number: sent.number, slot: sent.slot, sentAt: sent.sentAt))
    }

    /// In a FIFO group no message becomes available before the one that was sent before it.
    func availability(of message: NewMessage, in queue: ModelQueue, at now: BrokerTime) -> BrokerTime {
        let wish = now + (message.delay ?? queue.settings.delay)
        guard queue.settings.isFIFO, let before = queue.delayed.last(where: { $0.group?.name == message.group }) else {
            return wish
        }
        return max(wish, before.availableAt, now + Milliseconds(1))
    }

    /// What every message in a queue of this type has, and what none has.
    func checkType(_ message: NewMessage, _ number: UInt64, _ queue: ModelQueue, _ now: BrokerTime) throws(Mismatch) {
        try require(
            queue.settings.isFIFO ? message.group != nil : message.deduplication == nil,
            "message \(number) of \(queue.name) has no group, or an id for duplicates where there are none")
        let first = original(of: message, in: queue, at: now)
        try require(
            first == nil,
            "message \(number) of \(queue.name) is stored, though it is message \(first?.number ?? 0) again")
    }
}
