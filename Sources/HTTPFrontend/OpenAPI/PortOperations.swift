import HTTPTypes
import RoostStorage

extension EventRoutes {
    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/events", "events", "A stream of events (text/event-stream)",
            [
                .query("queues", .text), .query("channels", .text), .query("stats", .choice(["0", "1"])),
                .header("Last-Event-ID", .text),
            ], answer: .text("text/event-stream"))
    ]
}

extension KeyRoutes {
    private static let encoding = Operation.Parameter.query("encoding", .choice(["text", "base64"]))
    private static let cursor = Schema.text(matching: "^[0-9]{1,20}$")
    private static let types = Schema.choice(["string", "list", "set", "zset", "hash", "queue"])
    private static let element = Schema.object(
        [:],
        optional: [
            "value": .text, "value_base64": .text, "value_bytes": .count, "field": .text, "field_base64": .text,
            "field_bytes": .count, "member": .text, "member_base64": .text, "member_bytes": .count,
            "score": .any([.number, .choice(["inf", "-inf"])]),
        ])

    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/keys", "listKeys", "Keys of the Redis port, page by page",
            [
                .query("database", .integer(databases, default: 0)), .query("cursor", cursor), .query("match", .text),
                .query("type", types), .query("count", .integer(1...countMax, default: 100)),
            ],
            .object(["keys": .list("Key"), "cursor": .nullable(cursor)])),
        Operation(
            .get, "/api/v1/keys/{database}/{key}", "getKey", "A key and a page of its elements",
            [encoding, .query("offset", cursor), .limit(1...countMax, default: 100)],
            .object(
                [
                    "type": types, "ttl_ms": .nullable(.count), "length": .count, "elements": .list(element),
                    "next_offset": .nullable(cursor),
                ], optional: ["key": .text, "key_base64": .text])),
        Operation(
            .delete, "/api/v1/keys/{database}/{key}", "deleteKey", "Delete a key", [encoding],
            .object(["deleted": .flag])),
    ]
}

extension ChannelRoutes {
    private static let channel = Schema.object(
        ["subscribers": .count], optional: ["channel": .text, "channel_base64": .text])

    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/channels", "listChannels", "Channels with subscribers",
            [.query("contains", .text), .limit(1...1000, default: 100)],
            .object(["channels": .list(channel), "total": .count, "patterns": .count])),
        Operation(
            .post, "/api/v1/channels/{channel}/publish", "publish", "Publish a message",
            body: .json(.any([.object(["message": .text]), .object(["message_base64": .text])])),
            .object(["receivers": .count])),
        Operation(
            .get, "/api/v1/bindings", "listBindings", "Queues that store what is published",
            .object(["bindings": .list(.object(["pattern": .text, "queue": .queueName]))])),
    ]
}

extension ClientRoutes {
    private static let client = Schema.object([
        "id": .count, "door": .text, "address": .text, "name": .text, "library": .text, "connected_at_ms": .time,
        "idle_seconds": .count, "database": .count, "last_command": .text, "subscriptions": .count,
        "waiting_on": .list(.text),
    ])
    private static let waiter = Schema.object([
        "queue": .queueName, "door": .choice(Door.allCases.map(\.rawValue)), "since_ms": .time,
        "until_ms": .nullable(.time),
    ])

    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/clients", "listClients", "Clients of the Redis port, connections of all, and who waits",
            [.limit(1...1000, default: 100)],
            .object([
                "clients": .list(client), "total": .count, "connections": .map(.count), "waiters": .list(waiter),
                "waiters_total": .count,
            ])),
        Operation(.delete, "/api/v1/clients/{id}", "closeClient", "Close the connection of a client", .empty),
    ]
}
