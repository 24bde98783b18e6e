import RESP
import RedisFrontend
import RoostModel
import RoostStorage
import Testing

/// Requests that nobody would write: they must be answered, once each, and leave nothing behind.
@Suite("Any request")
struct AnyRequestTests {
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return word ^ word >> 31
        }
    }

    private static let words =
        [
            "", "0", "1", "-1", "2", "9223372036854775807", "-9223372036854775808", "1e308", "inf", "a", "b", "*", "[",
            "LEFT",
        ]
        + ["RIGHT", "COUNT", "ID", "ADDR", "TYPE", "SKIPME", "no", "ON", "AUTH", "SETNAME", "default", "\r\n", "\u{0}"]
        + ["FILTERBY", "PATTERN", "get", "lmpop", "client|id", "ERROR", "timeout", "PROTOCOL", "string", "EX", "GET"]

    private static func encoded(_ words: [String]) -> Bytes {
        Bytes("*\(words.count)\r\n".utf8) + words.flatMap { Bytes("$\($0.utf8.count)\r\n\($0)\r\n".utf8) }
    }

    /// Names of all commands, with the words that lead to subcommands.
    private static var names: [[String]] {
        let second = ["id", "list", "kill", "unblock", "reply", "setinfo", "info", "get", "set", "docs", "getkeys"]
        let third = ["count", "channels", "numsub", "shardnumsub", "numpat", "resetstat", "no-evict", "trackinginfo"]
        return CommandTable.shared.rows.map { [$0.name] }
            + ["client", "config", "command", "pubsub", "module", "debug"].flatMap { name in
                (second + third).map { [name, $0] }
            }
    }

    @Test("Each command with any arguments is answered once", arguments: [RESPVersion.two, .three])
    func each(_ version: RESPVersion) throws {
        var random = Random(state: 7)
        // These answer more than once, or not at all, or end the conversation.
        let others: Set<String> = [
            "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe", "quit", "reset",
            "multi",
        ]
        for name in Self.names where !others.contains(name[0]) && name.last != "reply" && name.last != "kill" {
            for count in 0...6 {
                let server = TestServer { $0.allowsDebug = true }
                let client = try server.connect()
                _ = try client.ask("HELLO \(version.rawValue)")
                let words = name + (0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }
                try client.send(Self.encoded(words) + Self.encoded(["ECHO", "the end"]))
                server.settle()
                var bytes = try client.receivedBytes()
                if bytes.isEmpty {
                    // It waits. Its end is an answer too.
                    #expect(name[0].hasPrefix("b"))
                    client.server.storage.answer(at: 0, .success(.keys([.null])))
                    server.settle()
                    bytes = try client.receivedBytes()
                }
                var reader = ReplyReader()
                let replies = try bytes.withUnsafeBytes { bytes in
                    var replies: [RESPValue] = []
                    while let reply = try reader.next(in: bytes) { replies.append(reply) }
                    return replies
                }
                let isHello = name[0] == "hello"
                #expect(isHello || replies.count == 2 && replies.last == .bulk(Bytes("the end".utf8)), "\(words)")
                client.close()
                server.settle()
                #expect(server.services.load.isIdle)
            }
        }
    }

    @Test("Conversations of any commands, cut anywhere, leave nothing behind", arguments: 0..<20)
    func conversations(_ seed: UInt64) throws {
        var random = Random(state: seed)
        let names = Self.names
        for _ in 0..<20 {
            let server = TestServer(loops: 2) { $0.limits.requestsMax = 8 }
            let clients = [try server.connect(), try server.connect(loop: 1)]
            for _ in 0..<60 {
                let client = clients[Int.random(in: 0..<2, using: &random)]
                let count = Int.random(in: 0...4, using: &random)
                let name = names.randomElement(using: &random) ?? []
                let words = name + (0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }
                let bytes = Self.encoded(words)
                let cut = Int.random(in: 0...bytes.count, using: &random)
                try client.send(Bytes(bytes[..<cut]))
                if Bool.random(using: &random) { server.settle() }
                try client.send(Bytes(bytes[cut...]))
                if Bool.random(using: &random) { server.settle() }
            }
            for client in clients where client.isOpen { client.close() }
            // A watch that comes too late is ended by one more request.
            for _ in 0..<2 { server.settle() }
            #expect(server.services.load.isIdle)
            #expect(server.storage.pendingCount == 0)
            let gauges = try server.connect().ask("INFO")
            for gauge in ["connected_clients:1", "blocked_clients:0", "watching_clients:0", "pubsub_clients:0"] {
                #expect(gauges.contains(gauge))
            }
            #expect(gauges.contains("pubsub_channels:0") && gauges.contains("pubsub_patterns:0"))
        }
    }
}
