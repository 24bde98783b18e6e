import NIOCore
import NIOEmbedded
import SQSFrontend
import Testing

@Suite struct LimitTests {
    private static let small: SQSLimits = {
        var limits = SQSLimits()
        limits.bodyBytesMax = 10_000
        limits.bodyBytesMaxOverall = 64 * 1024
        limits.smallBodyBytesMax = 512
        return limits
    }()

    private func head(_ headers: String, uri: String = "/") -> String {
        "POST \(uri) HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ListQueues\r\n\(headers)\r\n"
    }

    private func refused(_ client: TestClient) throws -> Int {
        let response = try #require(try client.response())
        #expect(response.headers["connection"] == "close")
        #expect(response.message?.isEmpty == false)
        #expect(!client.channel.isActive)
        return response.status
    }

    // MARK: Sizes

    @Test func headersAreCounted() throws {
        let client = try TestClient()
        let most = (0..<61).map { "x-\($0): y\r\n" }.joined()
        try client.write(head(most + "Content-Length: 2\r\n") + "{}")
        client.settle()
        #expect(try client.response()?.status == 200)
        try client.write(head(most + "x: y\r\nz: y\r\nContent-Length: 2\r\n") + "{}")
        #expect(try refused(client) == 431)
    }

    @Test func manyTinyHeadersDoNotPileUp() throws {
        let client = try TestClient()
        try client.write("POST / HTTP/1.1\r\nHost: localhost\r\n")
        let flood = String(repeating: "a:\r\n", count: 1000)
        for _ in 0..<1000 { try client.write(flood) }
        #expect(try refused(client) == 431)
    }

    @Test func headsAreLimited() throws {
        let client = try TestClient()
        try client.write(head("x: \(String(repeating: "y", count: 16 * 1024))\r\n"))
        #expect(try refused(client) == 431)
        let long = try TestClient()
        for _ in 0..<64 { try long.write(String(repeating: "y", count: 1000)) }
        #expect(try refused(long) == 400)
    }

    @Test func uriIsLimited() throws {
        let client = try TestClient()
        try client.write(head("Content-Length: 0\r\n", uri: "/" + String(repeating: "a", count: 8 * 1024)))
        #expect(try refused(client) == 414)
    }

    @Test func aDeclaredBodyIsRefusedAtOnce() throws {
        for (length, isFine) in [("10000", true), ("10001", false), ("99999999999999999999", false)] {
            let client = try TestClient(limits: Self.small)
            try client.write(head("Content-Length: \(length)\r\n"))
            if isFine {
                #expect(try client.response() == nil)
            } else {
                #expect([400, 413].contains(try refused(client)), "\(length)")
            }
        }
    }

    @Test func aChunkedBodyIsCountedAsItComes() throws {
        let client = try TestClient(limits: Self.small)
        try client.write(head("Transfer-Encoding: chunked\r\n"))
        let chunk = "3e8\r\n" + String(repeating: " ", count: 1000) + "\r\n"
        for _ in 0..<10 { try client.write(chunk) }
        #expect(try client.response() == nil)
        try client.write(chunk)
        #expect(try refused(client) == 413)
        #expect(client.load.isIdle || !client.channel.isActive)
    }

    @Test func allBodiesTogetherAreLimited() throws {
        let first = try TestClient(limits: Self.small)
        var clients = [first]
        for _ in 0..<20 { clients.append(try TestClient(beside: first)) }
        for client in clients {
            try client.write(head("Content-Length: 9000\r\n"))
            try client.write(String(repeating: " ", count: 7000))
        }
        let refused = try clients.count { try $0.response()?.status == 503 }
        // 64 KiB hold eight bodies of 8 KiB.
        #expect(refused == 21 - 8)
        for client in clients { _ = try client.channel.finish(acceptAlreadyClosed: true) }
        #expect(first.load.isIdle || refused > 0)
        let fresh = try TestClient(beside: first)
        try fresh.write(head("Content-Length: 2\r\n"))
        try fresh.write("{}")
        fresh.settle()
        #expect(try fresh.response()?.status == 200)
    }

    @Test func bodiesThatWaitForRoomGoOnWhenItComesFree() throws {
        let first = try TestClient(limits: Self.small)
        var stalled: [TestClient] = [first]
        for _ in 0..<6 { stalled.append(try TestClient(beside: first)) }
        for client in stalled {
            try client.write(head("Content-Length: 9000\r\n"))
            try client.write(String(repeating: " ", count: 7000))
        }
        // Seven eighths are taken: the last one reads no further.
        let reads = ReadCount()
        try stalled[6].channel.pipeline.syncOperations.addHandler(reads, position: .first)
        stalled[6].channel.read()
        #expect(reads.count == 0)
        _ = try stalled[0].channel.finish(acceptAlreadyClosed: true)
        #expect(reads.count == 1)
    }

    @Test func aBodyThatWaitsTooLongForRoomIsRefused() throws {
        var limits = Self.small
        limits.bodyRoomWaitSeconds = 5
        let client = try TestClient(limits: limits)
        var others: [TestClient] = []
        for _ in 0..<6 { others.append(try TestClient(beside: client)) }
        for client in others + [client] {
            try client.write(head("Content-Length: 9000\r\n"))
            try client.write(String(repeating: " ", count: 7000))
        }
        client.advance(seconds: 4)
        #expect(try client.response() == nil)
        client.advance(seconds: 4)
        #expect(try client.response()?.status == 503)
    }

    // MARK: Time

    @Test func slowHeadsAreCutOff() throws {
        let client = try TestClient()
        try client.write("POST / HTTP/1.1\r\n")
        for _ in 0..<10 {
            client.advance(seconds: 1)
            try client.write("x: y\r\n")
            #expect(client.channel.isActive)
        }
        client.advance(seconds: 1)
        #expect(try refused(client) == 408)
    }

    @Test func slowBodiesAreCutOff() throws {
        let client = try TestClient()
        try client.write(head("Content-Length: 9000\r\n"))
        client.advance(seconds: 5)
        #expect(client.channel.isActive)
        client.advance(seconds: 1)
        #expect(try refused(client) == 408)
    }

    @Test func bodiesThatKeepTheRateAreRead() throws {
        let client = try TestClient()
        try client.write(head("Content-Length: 30000\r\n"))
        try client.write("{}")
        for _ in 0..<20 {
            try client.write(String(repeating: " ", count: 1200))
            client.advance(seconds: 1)
            #expect(client.channel.isActive)
        }
        for _ in 0..<30 where client.channel.isActive { client.advance(seconds: 1) }
        #expect(try refused(client) == 408)
    }

    @Test func idleConnectionsAreClosedInTheEnd() throws {
        let client = try TestClient()
        client.advance(seconds: 74)
        #expect(client.channel.isActive)
        #expect(try client.call("ListQueues", "{}").status == 200)
        client.advance(seconds: 74)
        #expect(client.channel.isActive)
        client.advance(seconds: 2)
        #expect(!client.channel.isActive)
        _ = try client.channel.finish(acceptAlreadyClosed: true)
    }

    @Test func aWaitingReceiveIsNotIdle() throws {
        let client = try TestClient()
        try client.write(TestClient.request("ReceiveMessage", #"{"QueueUrl":"q1","WaitTimeSeconds":20}"#))
        client.settle()
        client.advance(seconds: 200)
        #expect(client.channel.isActive)
    }

    @Test func aReplyThatIsNotTakenEndsTheConnection() throws {
        let client = try TestClient()
        client.channel.isWritable = false
        try client.write(TestClient.request("ListQueues", "{}"))
        client.settle()
        client.advance(seconds: 30)
        #expect(client.channel.isActive)
        client.advance(seconds: 1)
        #expect(!client.channel.isActive)
    }
}

private final class ReadCount: ChannelOutboundHandler {
    typealias OutboundIn = NIOAny
    private(set) var count = 0

    func read(context: ChannelHandlerContext) { count += 1 }
}
