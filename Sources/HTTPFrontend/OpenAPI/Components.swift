import RoostModel

/// The schemas that operations name.
enum Components {
    /// What stands in paths.
    static let pathParameters: [String: Schema] = [
        "name": .queueName, "id": .text, "key": .text, "channel": .text, "database": .integer(KeyRoutes.databases),
    ]

    static let all: KeyValuePairs<String, Schema> = [
        "Problem": problem, "Queue": queue, "QueueList": queueList, "Settings": settings,
        "SettingsChange": settingsChange, "Adoption": adoption, "Counts": counts, "Totals": totals,
        "Attributes": attributes, "NewMessage": newMessage, "SendResult": sendResult, "SentMessage": sentMessage,
        "ReceivedMessage": receivedMessage, "Message": message, "Results": results, "Group": group, "Move": move,
        "Stats": stats, "Overview": overview, "Node": node, "Key": key,
    ]

    private static let problem = Schema.object([
        "type": .text, "title": .text, "status": .integer(400...599), "detail": .text, "code": .text,
    ])

    // MARK: Queues

    private static let queue = Schema.object(
        [
            "name": .queueName, "created_at_ms": .time, "modified_at_ms": .time, "settings": "Settings",
            "counts": "Counts", "totals": "Totals", "oldest_message_age_seconds": .nullable(.seconds),
            "pause": .nullable(.object(["reason": .text, "since_ms": .time])), "waiters": .count,
        ],
        optional: [
            "rates": .object([
                "sent_per_second": .seconds, "received_per_second": .seconds, "deleted_per_second": .seconds,
            ])
        ])

    private static let queueList = Schema.object(
        ["queues": .list("Queue"), "more": .flag, "next_after": .nullable(.queueName)],
        optional: ["total": .count, "left_out": .count, "as_of_ms": .time])

    private static let deadLetters = Schema.nullable(
        .object(["queue": .queueName, "max_receives": .integer(1...Limits.deadLetterReceivesMax)]))
    private static let sources = Schema.any([
        .choice(["all", "none"]), .list(.queueName, 0...Limits.deadLetterSourcesMax),
    ])

    private static let settings = Schema.object([
        "visibility_timeout_seconds": .seconds, "delay_seconds": .seconds, "retention_seconds": .nullable(.seconds),
        "maximum_message_bytes": .count, "receive_wait_seconds": .seconds, "redelivery": .choice(["front", "back"]),
        "contents": .choice(["text", "bytes"]), "fifo": .flag, "content_based_deduplication": .flag,
        "deduplication_scope": .choice(["queue", "group"]), "dead_letters": deadLetters,
        "dead_letter_sources": sources, "safe_pop": .flag, "properties": .map(.text),
    ])

    private static let settingsChange = Schema.object(
        [:],
        optional: [
            "visibility_timeout_seconds": .seconds, "delay_seconds": .seconds,
            "retention_seconds": .any([.nullable(.seconds), .choice(["unlimited"])]),
            "maximum_message_bytes": .count, "receive_wait_seconds": .seconds,
            "redelivery": .choice(["front", "back"]), "contents": .choice(["text", "bytes"]), "fifo": .flag,
            "content_based_deduplication": .flag, "deduplication_scope": .choice(["queue", "group"]),
            "dead_letters": deadLetters, "dead_letter_sources": sources, "safe_pop": .flag,
        ])

    private static let adoption = Schema.object(
        [:], optional: ["settings": "SettingsChange", "first": .choice(["head", "tail"])])

    private static let counts = Schema.object([
        "ready": .count, "in_flight": .count, "delayed": .count, "damaged": .count, "buried": .count,
    ])

    private static let totals = Schema.object([
        "sent": .count, "received": .count, "deleted": .count, "returned": .count, "expired": .count,
        "moved_out": .count, "moved_in": .count,
    ])

    // MARK: Messages

    private static let attributes = Schema.map(
        .object([:], optional: ["type": .text, "value": .text, "value_base64": .text]))

    private static let newMessage = Schema.object(
        [:],
        optional: [
            "body": .text, "body_base64": .text, "attributes": "Attributes", "delay_seconds": .seconds,
            "group": .text(1...Limits.groupBytesMax), "deduplication_id": .text(1...Limits.deduplicationIDBytesMax),
            "trace": .text(0...Limits.labelBytesMax),
        ])

    private static let sentMessage = Schema.object(["id": .id, "sent_at_ms": .time, "sequence": .count])

    private static let failure = Schema.object(["error": "Problem"])

    private static let sendResult = Schema.any([
        "SentMessage", .object(["results": .list(.any(["SentMessage", failure])), "failed": .count]),
    ])

    private static let receivedMessage = Schema.object(
        [
            "id": .id, "handle": .text, "attributes": "Attributes", "sent_at_ms": .time,
            "first_received_at_ms": .time, "receive_count": .count, "sequence": .count,
        ],
        optional: [
            "body": .text, "body_base64": .text, "group": .text, "deduplication_id": .text, "trace": .text,
            "sender": .text, "dead_letter_source": .queueName,
        ])

    private static let burial = Schema.object([
        "reason": .text, "error": .text, "by": .text, "at_ms": .nullable(.time),
    ])

    private static let message = Schema.object(
        [
            "id": .id, "state": states, "body_bytes": .nullable(.count), "attributes": "Attributes",
            "sent_at_ms": .time, "first_received_at_ms": .nullable(.time), "receive_count": .count,
            "due_ms": .nullable(.time), "sequence": .count,
        ],
        optional: [
            "body": .text, "body_base64": .text, "group": .text, "deduplication_id": .text, "trace": .text,
            "sender": .text, "dead_letter_source": .queueName, "burial": burial,
        ])

    static let states = Schema.choice(MessageState.allCases.map(\.name))

    private static let results = Schema.object([
        "results": .list(.any([.empty, .object(["kicked": .flag]), failure])), "failed": .count,
    ])

    private static let group = Schema.object([
        "group": .nullable(.text), "ready": .count, "in_flight": .count, "delayed": .count, "damaged": .count,
        "buried": .count, "locked": .flag, "counted": .flag, "dead_letter_source": .nullable(.queueName),
    ])

    private static let move = Schema.object([
        "id": .count, "from": .queueName, "to": .nullable(.queueName), "rate": .nullable(.count),
        "status": .choice(["running", "completed", "cancelled", "failed"]), "failure": .nullable(.text),
        "moved": .count, "to_move": .count, "started_at_ms": .time, "finished_at_ms": .nullable(.time),
    ])

    private static let key = Schema.object(
        ["type": .text, "ttl_ms": .nullable(.count), "length": .count], optional: ["key": .text, "key_base64": .text])

    // MARK: The node

    static let recovery = Schema.nullable(.object(["fraction": .number, "percent": .count, "reading": .text]))

    private static let stats = Schema.object(statsMembers)
    private static let node = Schema.object(
        statsMembers,
        more: ["started_at_ms": .time, "uptime_seconds": .count, "doors": .map(.text), "settings": .map(.text)])
    private static let overview = Schema.object(
        statsMembers,
        more: [
            "as_of_ms": .time,
            "rates": .object([
                "step_seconds": .count, "until_ms": .nullable(.time), "sent": .list(.count), "received": .list(.count),
                "deleted": .list(.count),
            ]),
            "attention": .list(
                .object([
                    "queue": .nullable(.queueName), "kind": .choice(Attention.Kind.allCases.map(\.rawValue)),
                    "text": .text, "since_ms": .nullable(.time),
                ])),
        ])

    private static let statsMembers: KeyValuePairs<String, Schema> = [
        "version": .text, "fsync": .text, "state": .text, "recovery": recovery, "queues": .count, "waiters": .count,
        "counts": "Counts", "totals": "Totals",
        "log": .object(["bytes": .count, "segments": .count, "unsynced_bytes": .count]),
        "commits": .object(["count": .count, "sync_seconds_total": .seconds, "sync_seconds_max": .seconds]),
        "memory": .object([
            "index_bytes": .count, "body_cache_bytes": .count, "deduplication_bytes": .count, "keys_bytes": .count,
            "waiters_bytes": .count, "connections_bytes": .count, "limit_bytes": .nullable(.count), "is_full": .flag,
        ]),
        "disk": .object([
            "bytes": .count, "live_bytes": .count, "reserve_bytes": .count, "is_full": .flag, "snapshots": .count,
            "snapshot_bytes": .count, "segments_removed": .count, "messages_moved": .count, "bodies_read": .count,
            "reads": .count,
        ]),
        "connections": .map(.count), "turn_seconds_max": .seconds,
    ]
}
