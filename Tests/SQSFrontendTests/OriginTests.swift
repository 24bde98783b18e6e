import NIOCore
import NIOEmbedded
import SQSFrontend
import Testing

@Suite struct OriginTests {
    private func status(_ headers: String, host: String = "localhost:9324", _ line: String) throws -> Int? {
        let client = try TestClient()
        try client.write("\(line) HTTP/1.1\r\nHost: \(host)\r\n\(headers)Content-Length: 0\r\n\r\n")
        client.settle()
        let response = try client.response()
        if response?.status == 403 { #expect(response?.message?.isEmpty == false) }
        return response?.status
    }

    @Test(arguments: ["POST /", "POST /000000000000/q1", "GET /health", "GET /000000000000/q1", "OPTIONS /", "GET /x"])
    func otherSitesAreRefusedOnEveryPath(_ line: String) throws {
        #expect(try status("Origin: http://evil.example\r\n", line) == 403)
        #expect(try status("Origin: http://localhost:3000\r\n", line) == 403)
        #expect(try status("Origin: null\r\n", line) == 403)
        #expect(try status("Sec-Fetch-Site: cross-site\r\n", line) == 403)
        #expect(try status("Sec-Fetch-Site: same-site\r\n", line) == 403)
        #expect(try status("", host: "evil.example", line) == 403)
        #expect(try status("", host: "127.0.0.1.evil.example", line) == 403)
    }

    @Test func programsAndThePageOfTheServerAreServed() throws {
        #expect(try status("", "GET /health") == 200)
        #expect(try status("Origin: http://localhost:9324\r\nSec-Fetch-Site: same-origin\r\n", "GET /health") == 200)
        #expect(try status("Sec-Fetch-Site: none\r\n", host: "127.0.0.1:9324", "GET /health") == 200)
        #expect(try status("", host: "[::1]:9324", "GET /health") == 200)
    }

    @Test func aHostThatWasServedDoesNotOpenTheDoorForOrigins() throws {
        let client = try TestClient()
        let request = "GET /health HTTP/1.1\r\nHost: localhost\r\n"
        try client.write(request + "\r\n")
        #expect(try client.response()?.status == 200)
        try client.write(request + "Sec-Fetch-Site: cross-site\r\n\r\n")
        #expect(try client.response()?.status == 403)
    }

    // MARK: What is not JSON

    @Test func otherRequests() throws {
        #expect(try status("", "GET /000000000000/q1") == 404)
        #expect(try status("", "POST /") == 400)
        #expect(try status("", "PUT /") == 405)
        #expect(try status("X-Amz-Target: DynamoDB_20120810.ListTables\r\n", "POST /") == 400)
        let client = try TestClient()
        try client.write("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let head = try #require(try client.channel.readOutbound(as: ByteBuffer.self))
        #expect(String(buffer: head).hasSuffix("content-length:         15\r\n\r\n"))
    }
}
