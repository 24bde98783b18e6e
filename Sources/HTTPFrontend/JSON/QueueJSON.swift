package import RoostModel

extension JSON {
    package init(_ info: QueueInfo) {
        self = [
            "name": .string(info.name.text),
            "created_at_ms": .time(info.createdAt),
            "modified_at_ms": .time(info.modifiedAt),
            "settings": JSON(info.settings),
            "counts": JSON(info.counts),
            "totals": JSON(info.totals),
            "oldest_message_age_seconds": info.oldestMessageAge.map(JSON.seconds) ?? nil,
            "pause": info.pause.map { ["reason": .string($0.reason), "since_ms": .time($0.since)] } ?? nil,
            "waiters": .count(info.waiters),
        ]
    }

    /// A page of queues.
    init(_ list: [QueueInfo], more: Bool) {
        let next = more ? list.last?.name.text : nil
        self = [
            "queues": .array(list.map { JSON($0) }), "more": .bool(more),
            "next_after": next.map(JSON.string) ?? nil,
        ]
    }

    private init(_ settings: QueueSettings) {
        self = [
            "visibility_timeout_seconds": .seconds(settings.visibilityTimeout),
            "delay_seconds": .seconds(settings.delay),
            "retention_seconds": settings.retention == .unlimited ? nil : .seconds(settings.retention),
            "maximum_message_bytes": .count(settings.maximumMessageBytes),
            "receive_wait_seconds": .seconds(settings.receiveWait),
            "redelivery": .string(settings.redelivery.name),
            "contents": .string(settings.contents.name),
            "fifo": .bool(settings.isFIFO),
            "content_based_deduplication": .bool(settings.deduplicatesContent),
            "deduplication_scope": .string(settings.deduplicationScope.name),
            "dead_letters": settings.deadLetters.map {
                ["queue": .string($0.target.text), "max_receives": .count($0.receivesMax)]
            } ?? nil,
            "dead_letter_sources": JSON(settings.deadLetterSources),
            "safe_pop": .bool(settings.safePop),
            "properties": .object(
                settings.properties.sorted { $0.key < $1.key }.map { Member(name: $0.key, value: .string($0.value)) }),
        ]
    }

    private init(_ sources: DeadLetterSources) {
        self =
            switch sources {
            case .all: "all"
            case .none: "none"
            case .these(let names): .array(names.map { .string($0.text) })
            }
    }

    package init(_ counts: MessageCounts) {
        self = [
            "ready": .count(counts.ready), "in_flight": .count(counts.inFlight), "delayed": .count(counts.delayed),
            "damaged": .count(counts.damaged), "buried": .count(counts.buried),
        ]
    }

    package init(_ totals: MessageTotals) {
        self = [
            "sent": .counter(totals.sent), "received": .counter(totals.received), "deleted": .counter(totals.deleted),
            "returned": .counter(totals.returned), "expired": .counter(totals.expired),
            "moved_out": .counter(totals.movedOut), "moved_in": .counter(totals.movedIn),
        ]
    }
}
