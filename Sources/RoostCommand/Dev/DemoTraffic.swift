import Foundation
import NIOHTTP1
import RoostServer

/// What `roost dev --demo` fills a server with: a small shop, whose workers keep up with some queues and not with all.
enum DemoTraffic {
    private static let settings: [(queue: String, body: String)] = [
        ("orders", #"{"dead_letters":{"queue":"orders-dead","max_receives":3},"visibility_timeout_seconds":30}"#),
        ("mails", #"{"visibility_timeout_seconds":60}"#),
        ("thumbnails", #"{"visibility_timeout_seconds":120}"#),
        ("shipments.fifo", #"{"fifo":true,"content_based_deduplication":true}"#),
        ("reports", #"{"delay_seconds":900}"#),
    ]

    /// Ends when it is cancelled, or when the server no longer answers.
    static func start(at address: ListenAddress, _ console: Console) -> Task<Void, Never> {
        Task {
            do {
                guard let url = URL(string: "http://\(address)") else { return }
                try await APIClient.with(url) { client in
                    try await make(client)
                    console.error("demo: queues are filled; messages are on the move\n")
                    try await move(client)
                }
            } catch is CancellationError {
            } catch {
                guard !Task.isCancelled else { return }
                console.error("demo: ended: \((error as? CommandError)?.message ?? "\(error)")\n")
            }
        }
    }

    private static func make(_ client: APIClient) async throws {
        _ = try await client.call(.PUT, ["queues", "orders-dead"], body: Data("{}".utf8))
        for (queue, body) in settings { _ = try await client.call(.PUT, ["queues", queue], body: Data(body.utf8)) }
        for number in 1...200 { try await send(client, DemoMessages.thumbnail(number), to: "thumbnails") }
        for number in 1...20 { try await send(client, DemoMessages.report(number), to: "reports") }
        for number in 1...60 { try await send(client, DemoMessages.shipment(number), to: "shipments.fifo") }
    }

    /// Once a second: orders come, most are worked on, a few fail until they are dead letters.
    private static func move(_ client: APIClient) async throws {
        var number = 0
        while !Task.isCancelled {
            for _ in 0..<(5 + number % 7) {
                number += 1
                try await send(client, DemoMessages.order(number), to: "orders")
                if number % 3 == 0 { try await send(client, DemoMessages.mail(number), to: "mails") }
            }
            try await work(client, "orders", fails: { $0.receiveCount > 1 || DemoMessages.isBroken($0) })
            try await work(client, "mails", fails: { _ in false })
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func send(_ client: APIClient, _ message: OutgoingMessage, to queue: String) async throws {
        _ = try await client.call(.POST, ["queues", queue, "messages"], body: try API.encode(message))
    }

    /// What fails comes back after a second.
    private static func work(
        _ client: APIClient, _ queue: String, fails: (IncomingMessage) -> Bool
    ) async throws {
        let reply = try await client.call(.POST, ["queues", queue, "receive"], body: Data(#"{"max":10}"#.utf8))
        let messages = try API.decode(MessageList.self, reply).messages
        let done = messages.filter { !fails($0) }.compactMap(\.handle)
        let failed = messages.filter(fails).compactMap(\.handle)
        if !done.isEmpty { try await call(client, queue, "delete", ["handles": handles(done)]) }
        guard !failed.isEmpty else { return }
        try await call(
            client, queue, "visibility", ["handles": handles(failed), "visibility_timeout_seconds": .integer(1)])
    }

    private static func handles(_ texts: [String]) -> JSONValue { .list(texts.map { .text($0) }) }

    private static func call(
        _ client: APIClient, _ queue: String, _ action: String, _ body: [String: JSONValue]
    ) async throws {
        let body = Data(try JSONValue.object(body).rendered().utf8)
        _ = try await client.call(.POST, ["queues", queue, action], body: body)
    }
}
