package import RoostModel

// A message that is sent twice to a FIFO queue is stored once.

extension Broker {
    /// What the sender of a duplicate is told.
    package struct OriginalMessage: Sendable, Equatable {
        package var id: MessageID
        package var number: UInt64
        package var sentAt: BrokerTime
    }

    /// The message that this one repeats, if it was sent less than `Limits.deduplicationWindow` ago. It may be deleted
    /// since. With an original the entry is not to be carried out.
    package func original(of entry: SendEntry) -> OriginalMessage? {
        guard let key = entry.deduplication,
            let original = deduplication.original(key, sentAfter: Self.windowStart(entry.sentAt))
        else { return nil }
        return OriginalMessage(
            id: idSeal.seal(slot: original.slot, number: original.number), number: original.number,
            sentAt: original.sentAt)
    }

    func deduplicationKey(
        of message: borrowing NewMessage, _ group: GroupName?, for queue: UInt32
    ) throws(Rejection) -> DeduplicationKey? {
        guard let told = message.deduplication else { return nil }
        guard queues[queue].isFIFO else { throw .deduplicationWithoutFIFO }
        guard !told.isOfContent || queues[queue].settings.deduplicatesContent else { throw .missingDeduplication }
        let (bytes, max) = (told.id.utf8.count, Limits.deduplicationIDBytesMax)
        guard (1...max).contains(bytes) else { throw .invalidDeduplicationID(bytes: bytes, max: max) }
        guard deduplication.count < DeduplicationTable.countMax else { throw .outOfMemory }
        return deduplicationSeal.seal(
            told.id, birth: queues[queue].birth, purgedBelow: queues[queue].purgedBelow,
            group: queues[queue].settings.deduplicationScope == .group ? group : nil)
    }

    mutating func remember(_ entry: SendEntry) {
        guard let key = entry.deduplication else { return }
        // Two go for each that comes, so that what came in a rush is gone soon after its time.
        deduplication.forget(notSentAfter: Self.windowStart(entry.sentAt), countMax: 2)
        deduplication.append(
            DeduplicationTable.Original(key: key, slot: entry.slot, number: entry.number, sentAt: entry.sentAt))
    }

    /// When a tick may forget what no sender has made room for.
    var nextForgetting: BrokerTime? {
        deduplication.oldest.map { $0 + Limits.deduplicationWindow + Milliseconds.seconds(10) }
    }

    mutating func forgetDuplicates(at now: BrokerTime) {
        deduplication.forget(notSentAfter: Self.windowStart(now), countMax: Limits.timersPerTickMax)
    }

    private static func windowStart(_ now: BrokerTime) -> BrokerTime {
        now + Milliseconds(-Limits.deduplicationWindow.count)
    }
}
