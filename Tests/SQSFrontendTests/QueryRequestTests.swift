import NIOEmbedded
import RoostModel
import RoostStorage
import SQSFrontend
import Testing

/// Query requests at their way in: which URL, which action, and what is refused before there is one.
@Suite struct QueryRequestTests {
    private let queue = "/000000000000/q1"

    private func bodies(_ client: TestClient) -> [String] {
        client.seen().compactMap { request in
            if case .send(let queue, let message) = request {
                "\(queue.text): \(String(decoding: message.body, as: UTF8.self))"
            } else {
                nil
            }
        }
    }

    @Test func everyWayToSend() throws {
        let client = try TestClient()
        let requests = [
            TestClient.post("Action=SendMessage&QueueUrl=q1&MessageBody=1"),
            TestClient.post("Action=SendMessage&MessageBody=2", path: queue),
            TestClient.post("Action=SendMessage&MessageBody=3", path: queue + "/"),
            TestClient.get(queue + "?Action=SendMessage&MessageBody=4&Version=2012-11-05"),
            TestClient.get(queue + "/?MessageBody=5&Action=SendMessage"),
            TestClient.get("/?Action=SendMessage&MessageBody=6&QueueUrl=http%3A%2F%2Fother%2F000000000000%2Fq1"),
            TestClient.post("MessageBody=7", path: queue + "?Action=SendMessage"),
            TestClient.post("", path: queue + "?Action=SendMessage&MessageBody=8", headers: ""),
            TestClient.get("http://localhost:9324\(queue)?Action=SendMessage&MessageBody=9"),
        ]
        for request in requests { #expect(try client.exchange(request).status == 200, "\(request)") }
        #expect(bodies(client) == (1...9).map { "q1: \($0)" })
    }

    @Test func aQueueURLParameterOverridesThePath() throws {
        let client = try TestClient()
        _ = try client.call("CreateQueue", #"{"QueueName":"q2"}"#)
        #expect(try client.query("Action=SendMessage&MessageBody=x&QueueUrl=q2", path: queue).status == 200)
        #expect(bodies(client) == ["q2: x"])
    }

    @Test func jsonOnAQueueURL() throws {
        let client = try TestClient()
        let body = #"{"QueueUrl":"q1","MessageBody":"x"}"#
        let response = try client.exchange(TestClient.request("SendMessage", body, path: queue))
        #expect(response.status == 200)
        #expect(response.headers["content-type"] == "application/x-amz-json-1.0")
        #expect(bodies(client) == ["q1: x"])
    }

    @Test(arguments: ["CreateQueue", "ListQueues", "MakeCoffee"])
    func actionsThatAQueueURLDoesNotHave(_ action: String) throws {
        let client = try TestClient()
        let response = try client.exchange(TestClient.get("\(queue)?Action=\(action)&QueueName=q9"))
        #expect(response.status == 400)
        #expect(response.element("Type") == "Sender")
        #expect(response.element("Code") == "InvalidAction")
        #expect(response.element("Message") == "The action \(action) is not valid for this endpoint.")
        #expect(client.seen().isEmpty)
    }

    @Test func getQueueURLIsServedOnEveryURL() throws {
        let client = try TestClient()
        for path in ["/", queue, "/000000000000/other"] {
            let response = try client.query("Action=GetQueueUrl&QueueName=q1", path: path)
            #expect(response.element("QueueUrl") == "http://localhost:9324\(queue)")
        }
    }

    @Test func unknownActions() throws {
        let client = try TestClient()
        #expect(try client.queryFault("Action=MakeCoffee") == "400 Sender InvalidAction")
        #expect(try client.queryFault("Action=sendmessage") == "400 Sender InvalidAction")
        #expect(try client.queryFault("Action=%3Cb%3E") == "400 Sender InvalidAction")
        #expect(try client.query("Action=%3Cb%3E").element("Message")?.contains("The action &lt;b&gt; is") == true)
        #expect(try client.queryFault("Action=%f") == "404 Sender MalformedQueryString")
    }

    @Test(arguments: ["", "Action=", "QueueName=x"])
    func noAction(_ body: String) throws {
        let client = try TestClient()
        for request in [
            TestClient.post(body), TestClient.post(body, path: queue),
            TestClient.get("\(queue)?\(body)", headers: "Accept: application/json\r\n"), TestClient.get(queue),
        ] {
            let response = try client.exchange(request)
            #expect(response.status == 404)
            #expect(response.headers["content-type"] == "text/xml")
            #expect(response.body.contains("<UnknownOperationException"))
        }
        #expect(client.seen().isEmpty)
    }

    @Test func headChangesNothing() throws {
        let client = try TestClient()
        try client.write("HEAD \(queue)?Action=SendMessage&MessageBody=x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.settle()
        #expect(client.seen().isEmpty)
        #expect(client.channel.isActive)
    }

    @Test func otherPathsAreNoQueues() throws {
        let client = try TestClient()
        for path in ["/x", "/111111111111/q1", "/000000000000/q1/x", "/000000000000/q%20", "//"] {
            #expect(
                try client.queryFault("Action=PurgeQueue", path: path)
                    == "400 Sender AWS.SimpleQueueService.NonExistentQueue", "\(path)")
        }
        #expect(try client.queryFault("Action=PurgeQueue") == "400 Sender MissingParameter")
    }

    // MARK: Before there is an action

    @Test func aHeadThatIsRefused() throws {
        let form = TestClient.form
        let heads: [(String, Int, String)] = [
            (
                "POST / HTTP/1.1\r\nHost: localhost\r\n\(form)Content-Length: 99999999\r\n\r\n", 413,
                "RequestEntityTooLarge"
            ),
            ("PUT / HTTP/1.1\r\nHost: localhost\r\n\(form)Content-Length: 0\r\n\r\n", 405, "MalformedHttpRequest"),
            ("POST / HTTP/1.1\r\n\(form)Content-Length: 0\r\n\r\n", 400, "MalformedHttpRequest"),
            (
                "GET /?Action=ListQueues HTTP/1.1\r\nHost: localhost\r\nOrigin: http://example.com\r\n\r\n", 403,
                "AccessDenied"
            ),
            (
                "GET /?Action=\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414,
                "MalformedHttpRequest"
            ),
        ]
        for (head, status, code) in heads {
            let client = try TestClient()
            try client.write(head)
            let response = try #require(try client.response())
            #expect(response.status == status)
            #expect(response.headers["content-type"] == "text/xml")
            #expect(response.element("Code") == code)
            #expect(response.headers["connection"] == "close")
        }
    }

    @Test func aBodyThatIsTooLargeOrTooSlow() throws {
        var limits = SQSLimits()
        limits.bodyBytesMax = 1000
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\n\(TestClient.form)"
        let large = try TestClient(limits: limits)
        try large.write(head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + String(repeating: "x", count: 1001))
        #expect(try large.response()?.element("Code") == "RequestEntityTooLarge")
        let slow = try TestClient(limits: limits)
        try slow.write(head + "Content-Length: 900\r\n\r\nAction=")
        slow.advance(seconds: 20)
        #expect(try slow.response()?.element("Code") == "RequestTimeout")
    }

    @Test func bothProtocolsOnOneConnection() throws {
        let client = try TestClient()
        try client.write(
            TestClient.post("Action=GetQueueUrl&QueueName=q1")
                + TestClient.request("GetQueueUrl", #"{"QueueName":"q1"}"#)
                + TestClient.post("Action=GetQueueUrl&QueueName=none")
                + TestClient.request("GetQueueUrl", #"{"QueueName":"none"}"#))
        var types: [String] = []
        for _ in 0..<8 {
            client.settle()
            while let response = try client.response() {
                types.append("\(response.status) \(response.headers["content-type"] ?? "")")
                #expect((response.headers["x-amzn-query-error"] != nil) == (types.count == 4))
            }
        }
        let json = "application/x-amz-json-1.0"
        #expect(types == ["200 text/xml", "200 \(json)", "400 text/xml", "400 \(json)"])
    }
}
