import Connections
import NIOCore
import NIOEmbedded
import RoostModel
import RoostStorage
import SQSFrontend
import Testing

/// Bodies that take several reads: they arrive whole, and take the memory that is counted.
@Suite struct RequestBodyTests {
    /// Text of this length in which no two places look alike.
    private static func text(_ length: Int) -> String {
        var text = ""
        var number = 0
        while text.utf8.count < length {
            text += "\(number),"
            number += 1
        }
        return String(text.prefix(length))
    }

    /// Around the sizes of pieces, each in reads that end at other places.
    @Test(arguments: [1, 1000, 4000, 8100, 8192, 20_000, 300_000], [1000, 4095, 4096, 4097, 65_536])
    func aBodyInManyReadsArrivesWhole(length: Int, readBytes: Int) throws {
        let client = try TestClient()
        let text = Self.text(length)
        let bytes = Array(TestClient.request("SendMessage", #"{"QueueUrl":"q1","MessageBody":"\#(text)"}"#).utf8)
        for start in stride(from: 0, to: bytes.count, by: readBytes) {
            try client.write(Array(bytes[start..<min(start + readBytes, bytes.count)]))
        }
        client.settle()
        #expect(try client.response()?.status == 200)
        let received = try client.call("ReceiveMessage", #"{"QueueUrl":"q1"}"#).json["Messages"] as? [[String: Any]]
        #expect(received?.first?["Body"] as? String == text)
        #expect(client.load.account.bodyBytes == 0)
    }

    /// A buffer that grows by doubling would have a third more.
    @Test func aStalledBodyIsCountedWithLittleMoreThanCame() throws {
        let client = try TestClient()
        try client.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        for _ in 0..<100 { try client.write(String(repeating: "x", count: 1000)) }
        let counted = client.load.account.bodyBytes
        #expect(100_000...104_096 ~= counted)
        _ = try client.channel.finish(acceptAlreadyClosed: true)
        #expect(client.load.account.bodyBytes == 0)
    }

    /// As the socket channel reads: the next buffer only when the last one was let go of.
    @Test func aConnectionKeepsASmallReadBufferOnly() {
        var pool = NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: ReadBufferAllocator())
        var capacities: [Int] = []
        func read(_ fill: (Int) -> Int) {
            let (buffer, count) = pool.buffer(allocator: ByteBufferAllocator()) { buffer in
                let count = fill(buffer.writableBytes)
                buffer.writeRepeatingByte(0, count: count)
                return count
            }
            capacities.append(buffer.capacity)
            pool.record(actualReadBytes: count)
        }
        for _ in 0..<7 { read { $0 } }
        #expect(capacities == [8192, 16_384, 32_768, 65_536, 65_536, 65_536, 65_536])
        for _ in 0..<12 { read { _ in 100 } }
        // The one that was kept from the start has not grown.
        #expect(capacities.last == 8192)
    }
}
