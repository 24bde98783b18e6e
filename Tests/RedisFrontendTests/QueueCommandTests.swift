import RedisFrontend
import RoostModel
import RoostStorage
import Testing

@Suite("Commands of Roost on queues")
struct QueueCommandTests {
    private func asked(_ lines: String...) throws -> [StorageRequest] {
        let server = TestServer()
        let client = try server.connect()
        for line in lines { _ = try client.ask(line) }
        return server.storage.seen
    }

    @Test("ROOST.ADOPT says how a list becomes a queue")
    func adopt() throws {
        let requests = try asked("ROOST.ADOPT jobs", "roost.adopt jobs contents bytes FIRST tail")
        let adoptions = requests.compactMap { request -> Adoption? in
            guard case .adoptQueue(let name, let adoption) = request, name.text == "jobs" else { return nil }
            return adoption
        }
        let bytes = QueueSettingsChange(contents: .bytes)
        #expect(adoptions == [Adoption(), Adoption(settings: bytes, first: .right)])
    }

    @Test(
        "What ROOST.ADOPT does not know is a syntax error", arguments: ["FIRST", "FIRST left", "CONTENTS", "DELAY 1"])
    func adoptErrors(options: String) throws {
        let server = TestServer()
        let reply = try server.connect().ask("ROOST.ADOPT jobs \(options)")
        #expect(reply.hasPrefix("-ERR"))
        #expect(server.storage.seen.isEmpty)
    }

    @Test("ROOST.SEND says of a body that is no text that it needs a queue of bytes")
    func send() throws {
        let server = TestServer()
        let client = try server.connect()
        for body in [Bytes("größer".utf8), [0xFF], [0x01]] {
            try client.send(Bytes("*3\r\n$10\r\nROOST.SEND\r\n$1\r\nq\r\n$\(body.count)\r\n".utf8) + body + [13, 10])
            server.settle()
        }
        let messages = server.storage.seen.compactMap { request -> NewMessage? in
            if case .send(_, let message) = request { message } else { nil }
        }
        #expect(messages.map(\.needsBytes) == [false, true, true])
    }
}
