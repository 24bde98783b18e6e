import HTTPTypes

extension NodeRoutes {
    private static let ready = Schema.object([
        "state": .text, "recovery": Components.recovery, "reason": .nullable(.text), "fsync": .text,
    ])

    private static func readiness(_ path: String, _ id: String) -> Operation {
        Operation(
            .get, path, id, "Whether requests are served; JSON when it is accepted",
            [.query("verbose", .text)], answer: .text("text/plain"), refusesInText: true)
    }

    private static let health: [Operation] = [
        Operation(.get, "/livez", "livez", "Whether the process runs", answer: .text("text/plain")),
        readiness("/readyz", "readyz"), readiness("/healthz", "healthz"),
        Operation(.get, "/version", "version", "Name and version", .object(["name": .text, "version": .text])),
    ]

    static let operations: [Operation] =
        health.flatMap(\.withHead) + [
            Operation(.get, "/api/v1/stats", "stats", "Counters and gauges of the node", "Stats")
        ]
}

extension OverviewRoute {
    static let operations: [Operation] = [
        Operation(
            .get, "/api/v1/overview", "overview", "The node, the last hour, and what needs attention", "Overview")
    ]
}

extension NodeRoute {
    static let operations: [Operation] = [
        Operation(.get, "/api/v1/node", "node", "Addresses, settings and the state of the storage", "Node")
    ]
}

extension SessionRoutes {
    private static let path = "/api/v1/session"
    private static let state = Schema.object(["authenticated": .flag])

    static let operations: [Operation] = [
        Operation(
            .get, path, "session", "Whether the admin token is needed, and whether this browser has logged in",
            .object(["token_required": .flag, "authenticated": .flag, "read_only": .flag])),
        Operation(
            .post, path, "logIn", "Log in with the admin token: the answer has a cookie",
            body: .json(.object(["token": .text])), state),
        Operation(.delete, path, "logOut", "Log out", state),
    ]
}

extension AweQRoutes {
    private static let served: [Operation] = [
        Operation(
            .post, "/send-message", "aweqSend", "Send a message (AweQ)",
            body: .json(.object(["message": .text(1...Int(Int32.max))])), answer: .json(.anything),
            refusesInText: true),
        Operation(
            .get, "/receive-message", "aweqReceive", "Receive messages (AweQ)",
            [.query("count", .integer(1...1000, default: 1))], answer: .json(.anything), refusesInText: true),
        Operation(
            .delete, "/delete-message/{key}", "aweqDelete", "Delete a message (AweQ)", answer: .json(.anything),
            refusesInText: true),
        Operation(
            .get, "/get-stats", "aweqStats", "Counts of the queue (AweQ)", answer: .json(.anything),
            refusesInText: true),
    ]

    static let operations: [Operation] =
        served
        + ["/send-message", "/receive-message", "/delete-message", "/delete-message/{key}", "/get-stats"].flatMap {
            path in
            [HTTPRequest.Method.head, .options].map { method in
                let name = path.filter { $0.isLetter }
                return Operation(
                    method, path, "aweq_\(method.rawValue.lowercased())_\(name)", "Headers alone (AweQ)",
                    answer: .nothing, refusesInText: true)
            }
        }
}
