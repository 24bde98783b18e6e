import HTTPTypes
import RoostModel

extension QueueRoutes {
    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/queues", "listQueues", "Queues, in the order of their names or sorted",
            [
                .query("prefix", .text), .after, .limit(1...1000, default: 100),
                .query("sort", .choice(QueueOrder.allCases.map(\.rawValue))),
                .query("order", .choice(["asc", "desc"])), .query("contains", .text),
                .query("offset", .integer(0...QueueSurvey.queuesMax, default: 0)),
            ], "QueueList"),
        Operation(
            .put, "/api/v1/queues/{name}", "createQueue", "Create a queue, or find it",
            body: .optional("SettingsChange"), "Queue"),
        Operation(.get, "/api/v1/queues/{name}", "getQueue", "A queue", "Queue"),
        Operation(
            .patch, "/api/v1/queues/{name}", "changeQueue", "Change settings", body: .json("SettingsChange"), "Queue"),
        Operation(.delete, "/api/v1/queues/{name}", "deleteQueue", "Delete a queue with all messages", .empty),
        Operation(
            .post, "/api/v1/queues/{name}/adopt", "adoptQueue", "Make a queue of a Redis list",
            body: .optional("Adoption"), "Queue"),
        Operation(.post, "/api/v1/queues/{name}/purge", "purgeQueue", "Delete all messages", .empty),
        Operation(
            .post, "/api/v1/queues/{name}/pause", "pauseQueue", "Deliver nothing for now",
            body: .optional(.object([:], optional: ["reason": .text])), "Queue"),
        Operation(.post, "/api/v1/queues/{name}/resume", "resumeQueue", "Deliver again", "Queue"),
    ]
}

extension MoveRoutes {
    private static let moves = Schema.object(["moves": .list("Move")])
    private static let ids = Schema.list(.id, 1...Limits.receiveMessagesMax)
    private static let rest: KeyValuePairs<String, Schema> = [
        "searched": .count, "of": .count, "next_after": .nullable(.text),
    ]

    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/queues/{name}/dead-letter-sources", "listDeadLetterSources",
            "Queues whose dead letters go to this one", [.after, .limit(1...1000, default: 100)], "QueueList"),
        Operation(
            .get, "/api/v1/queues/{name}/moves", "listMoves", "The newest moves out of the queue",
            [.limit(1...Limits.moveTasksPerQueueMax, default: 10)], moves),
        Operation(
            .post, "/api/v1/queues/{name}/moves", "startMove", "Move what is ready, in the background",
            body: .optional(
                .object(
                    [:],
                    optional: [
                        "to": .nullable(.queueName), "rate": .nullable(.integer(1...Limits.moveRateMax)),
                        "dry_run": .flag, "filter": .object(["text": .text(1...Search.textBytesMax)]),
                        "after": .nullable(.text),
                    ])),
            .any([
                "Move", .object(["moved": .count], more: rest), .object(["would_move": .count], more: rest),
            ])),
        Operation(
            .post, "/api/v1/queues/{name}/move", "moveMessages", "Move single messages now",
            body: .json(.object(["ids": ids], optional: ["to": .nullable(.queueName)])), .object(["moved": .count])),
        Operation(.post, "/api/v1/moves/{id}/cancel", "cancelMove", "End a running move", "Move"),
    ]
}
