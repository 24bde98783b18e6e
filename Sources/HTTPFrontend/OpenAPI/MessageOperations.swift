import HTTPTypes
import RoostModel

extension MessageRoutes {
    private static let batch = 1...Limits.receiveMessagesMax
    private static let handles = Schema.list(.text, batch)
    private static let ids = Schema.list(.text, batch)

    static let operations: [Operation] = [
        Operation(
            .post, "/api/v1/queues/{name}/messages", "send", "Send one message, or up to 1000",
            [
                .header("Idempotency-Key", .text(1...IdempotencyKeys.keyBytesMax)),
                .header(TraceContext.parentName, .text), .header(TraceContext.stateName, .text),
            ],
            body: .json(.any(["NewMessage", .object(["messages": .list("NewMessage", batch)])])), "SendResult"),
        Operation(
            .post, "/api/v1/queues/{name}/receive", "receive", "Lease messages",
            body: .optional(
                .object(
                    [:],
                    optional: [
                        "max": .integer(batch), "visibility_timeout_seconds": .seconds, "wait_seconds": .seconds,
                    ])), .object(["messages": .list("ReceivedMessage")])),
        Operation(
            .post, "/api/v1/queues/{name}/delete", "delete", "Delete messages by handle or by id",
            body: .json(.any([.object(["handles": handles]), .object(["ids": ids])])), "Results"),
        Operation(
            .post, "/api/v1/queues/{name}/visibility", "changeVisibility", "Set the time left of leases",
            body: .json(.object(["handles": handles, "visibility_timeout_seconds": .seconds])), "Results"),
        Operation(
            .post, "/api/v1/queues/{name}/bury", "bury", "Set messages aside",
            body: .json(
                .object(["handles": handles], optional: ["reason": .text, "error": .text, "by": .text])), "Results"),
        Operation(
            .post, "/api/v1/queues/{name}/kick", "kick", "Return buried messages to their place",
            body: .json(.any([.object(["count": .integer(batch)]), .object(["ids": ids])])),
            .any(["Results", .object(["kicked": .count])])),
    ]
}

extension BrowseRoutes {
    private static let state = Operation.Parameter.query("state", Components.states)

    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/queues/{name}/messages", "peek", "Look at messages of one state, page by page",
            [
                state, .query("from", .choice(["head", "tail"])), .limit(1...Limits.receiveMessagesMax, default: 10),
                .after,
            ], .object(["messages": .list("Message"), "next_after": .nullable(.text)])),
        Operation(
            .get, "/api/v1/queues/{name}/messages/{id}", "getMessage", "Look at one message in any state", "Message"),
        Operation(
            .get, "/api/v1/queues/{name}/search", "search", "Find messages by a text in them",
            [
                .query("text", .text(1...Search.textBytesMax), isRequired: true), state,
                .limit(1...Search.limitMax, default: 20), .after,
            ],
            .object([
                "messages": .list("Message"), "searched": .count, "of": .count, "next_after": .nullable(.text),
            ])),
        Operation(
            .get, "/api/v1/queues/{name}/groups", "listGroups", "Message groups in the order of their first message",
            [.after, .limit(1...Limits.receiveMessagesMax, default: 100)],
            .object(["groups": .list("Group"), "next_after": .nullable(.text)])),
    ]
}
