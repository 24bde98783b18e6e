import HTTPFrontend
import HTTPTypes
import HummingbirdTesting
import RoostModel
import Testing

/// The document of AweQ, sentence by sentence.
@Suite struct AweQTests {
    struct Batch: Decodable {
        struct Entry: Decodable {
            var key: String
            var timestamp: Int64
            var retry_count: Int
            var message: String
        }
        var status: String
        var message: String
        var messages: [Entry]
    }

    struct Sent: Decodable {
        var status: String
        var key: String
    }

    private func send(_ client: any TestClientProtocol, _ texts: String...) async throws {
        for text in texts {
            let response = try await client.call(.post, "/send-message", #"{"message":"\#(text)"}"#)
            #expect(response.status == .ok)
        }
    }

    private func receive(_ client: any TestClientProtocol, _ query: String = "") async throws -> Batch {
        try await client.call(.get, "/receive-message\(query)").decoded()
    }

    private func stats(_ client: any TestClientProtocol, length: Int, checkouts: Int) async throws {
        let response = try await client.call(.get, "/get-stats")
        #expect(
            response.text == #"{"status":"okay","stats":{"queue_length":\#(length),"checkouts_count":\#(checkouts),"#
                + #""checkout_lifetime":"120s","rescue_interval":"1s"}}"#
        )
    }

    @Test func theWalkThroughOfTheDocument() async throws {
        let server = try TestServer()
        try await server.test { client in
            try await send(client, "job-details-01")
            try await stats(client, length: 1, checkouts: 0)
            for number in 2...7 { try await send(client, "job-details-0\(number)") }
            try await stats(client, length: 7, checkouts: 0)

            let first = try await receive(client, "?count=3")
            #expect(first.message == "Requested batch-size available.")
            #expect(first.messages.map(\.message) == ["job-details-01", "job-details-02", "job-details-03"])
            #expect(first.messages.allSatisfy { $0.retry_count == 0 })
            let second = try await receive(client, "?count=3")
            #expect(second.messages.map(\.message) == ["job-details-04", "job-details-05", "job-details-06"])
            let third = try await receive(client, "?count=3")
            #expect(third.message == "Fewer messages available than requested.")
            #expect(third.messages.map(\.message) == ["job-details-07"])
            #expect(Set((first.messages + second.messages + third.messages).map(\.key)).count == 7)
            try await stats(client, length: 0, checkouts: 7)

            let none = try await client.call(.get, "/receive-message?count=3")
            #expect(none.text == #"{"status":"okay","message":"No messages available in queue.","messages":[]}"#)

            server.storage.advance(seconds: 120)
            try await stats(client, length: 7, checkouts: 0)
            let again = try await receive(client, "?count=3")
            #expect(again.messages.map(\.message) == ["job-details-01", "job-details-02", "job-details-03"])
            #expect(again.messages.allSatisfy { $0.retry_count == 1 })
            #expect(again.messages.map(\.timestamp) == first.messages.map(\.timestamp))

            let single = try await receive(client)
            #expect(single.messages.map(\.message) == ["job-details-04"])
            let deleted = try await client.call(.delete, "/delete-message/\(single.messages[0].key)")
            #expect(deleted.text == #"{"status":"okay"}"#)
            try await stats(client, length: 3, checkouts: 3)
        }
    }

    @Test func sendAnswersTheKey() async throws {
        try await TestServer().test { client in
            let response = try await client.call(.post, "/send-message", #"{"message":"job-details-88"}"#)
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/json; charset=utf-8")
            let sent = try response.decoded(Sent.self)
            #expect(response.text == #"{"status":"okay","key":"\#(sent.key)"}"#)
            #expect(MessageID(sent.key) != nil)
        }
    }

    @Test func receiveAnswersInTheOrderOfTheDocument() async throws {
        try await TestServer().test { client in
            let sent = try await client.call(.post, "/send-message", #"{"message":"a\"b\n"}"#).decoded(Sent.self)
            let response = try await client.call(.get, "/receive-message")
            #expect(response.headers[.contentType] == "application/json; charset=utf-8")
            #expect(
                response.text == #"{"status":"okay","message":"Requested batch-size available.","messages":[{"key":""#
                    + sent.key + #"","timestamp":1700000000000,"retry_count":0,"message":"a\"b\n"}]}"#
            )
        }
    }

    @Test(arguments: [
        #"{"message": ""}"#, #"{"message": 7}"#, #"{"message": null}"#, #"{"message": ["a"]}"#, #"{"text": "a"}"#, "{}",
        "[]", #""a""#, "message=a", "", "{\"message\": \"a\"",
    ])
    func aMessageHasToBeAStringThatIsNotEmpty(body: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            let response = try await client.call(.post, "/send-message", body)
            #expect(response.status == .badRequest)
            #expect(response.text == "Message content required.")
            #expect(response.headers[.contentType] == "text/html; charset=utf-8")
            #expect(response.headers[.accessControlAllowOrigin] == "*")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func otherMembersAndTypesAreLeftAlone() async throws {
        try await TestServer().test { client in
            let body = #"{"message": "\u00e9\ud83d\udc26", "priority": 1}"#
            let response = try await client.call(.post, "/send-message", body, headers: [.contentType: "text/plain"])
            #expect(response.status == .ok)
            let batch = try await receive(client)
            #expect(batch.messages.map(\.message) == ["é🐦"])
        }
    }

    @Test func aMessageAboveTheLimitIsRefusedWithATextThatNamesIt() async throws {
        try await TestServer(maximumMessageBytes: 100).test { client in
            let fits = String(repeating: "x", count: 100)
            let accepted = try await client.call(.post, "/send-message", #"{"message":"\#(fits)"}"#)
            #expect(accepted.status == .ok)
            let response = try await client.call(.post, "/send-message", #"{"message":"\#(fits)x"}"#)
            #expect(response.status == .contentTooLarge)
            #expect(response.text == "Message too large: at most 100 bytes are accepted.")
            #expect(response.headers[.accessControlAllowOrigin] == "*")
        }
    }

    @Test func aBodyThatGrowsAboveTheLimitIsRefusedWhileItIsRead() async throws {
        let server = try TestServer(maximumMessageBytes: 100)
        try await server.test { client in
            let body = String(repeating: " ", count: 100 * 6 + 65_536 + 1)
            let response = try await client.call(.post, "/send-message", body)
            #expect(response.status == .contentTooLarge)
            #expect(response.text == "Message too large: at most 100 bytes are accepted.")
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    /// A character of six bytes in JSON for each byte of the largest message.
    @Test func theLargestMessageFitsInItsLongestSpelling() async throws {
        try await TestServer(maximumMessageBytes: 50_000).test { client in
            let text = String(repeating: #"\u0001"#, count: 50_000)
            let response = try await client.call(.post, "/send-message", #"{"message":"\#(text)"}"#)
            #expect(response.status == .ok)
        }
    }

    @Test(arguments: ["0", "1001", "-1", "+1", "1.5", "abc", "", "1%20", "1&count=2", "99999999999999999999"])
    func aCountOutOfRangeIsRefused(count: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            try await send(client, "a")
            let response = try await client.call(.get, "/receive-message?count=\(count)")
            #expect(response.status == .badRequest)
            #expect(response.text == "The count must be a whole number from 1 to 1000.")
            #expect(response.headers[.accessControlAllowOrigin] == "*")
            try await stats(client, length: 1, checkouts: 0)
        }
    }

    @Test func aCountOf1000IsServed() async throws {
        try await TestServer().test { client in
            try await send(client, "a", "b")
            let response = try await receive(client, "?count=1000")
            #expect(response.messages.map(\.message) == ["a", "b"])
        }
    }

    @Test func aPollDoesNotWaitWhateverTheQueueSays() async throws {
        let server = try TestServer()
        let name = try QueueName("aweq")
        server.storage.edit { $0.queues[name]?.settings.receiveWait = .seconds(20) }
        try await server.test { client in
            let response = try await receive(client)
            #expect(response.messages.isEmpty)
        }
    }

    @Test(arguments: ["0b0f1c7e-6a4b-4d0e-9e2b-0f4bfc2d6c11", "nonsense", "%00", "1", "..."])
    func aDeleteOfAnUnknownKeyIsOkay(key: String) async throws {
        try await TestServer().test { client in
            try await send(client, "a")
            let response = try await client.call(.delete, "/delete-message/\(key)")
            #expect(response.status == .ok)
            #expect(response.text == #"{"status":"okay"}"#)
            #expect(response.headers[.contentType] == "application/json; charset=utf-8")
            try await stats(client, length: 1, checkouts: 0)
        }
    }

    @Test func aRestoredMessageIsDeletedByItsKeyOnceAndAgain() async throws {
        let server = try TestServer()
        try await server.test { client in
            try await send(client, "a")
            let key = try await receive(client).messages[0].key
            server.storage.advance(seconds: 121)
            try await stats(client, length: 1, checkouts: 0)
            for _ in 1...2 {
                let response = try await client.call(.delete, "/delete-message/\(key.uppercased())")
                #expect(response.status == .ok)
                try await stats(client, length: 0, checkouts: 0)
            }
        }
    }

    @Test func restoredMessagesComeAtTheEndInTheOrderOfCheckouts() async throws {
        let server = try TestServer()
        try await server.test { client in
            try await send(client, "a", "b")
            _ = try await receive(client, "?count=2")
            try await send(client, "c")
            server.storage.advance(seconds: 120)
            let batch = try await receive(client, "?count=3")
            #expect(batch.messages.map(\.message) == ["c", "a", "b"])
            #expect(batch.messages.map(\.retry_count) == [0, 1, 1])
        }
    }

    @Test func bytesOfOtherProtocolsAreShownAsFarAsTheyAreText() async throws {
        let server = try TestServer()
        try await server.test { client in
            let sent = try await client.call(.post, "/api/v1/queues/aweq/messages", #"{"body_base64":"Yf9i"}"#)
            #expect(sent.status == .ok)
            let response = try await receive(client)
            #expect(response.messages.map(\.message) == ["a\u{FFFD}b"])
        }
    }

    @Test func theLifetimeIsThatOfTheQueue() async throws {
        let server = try TestServer()
        let name = try QueueName("aweq")
        server.storage.edit { $0.queues[name]?.settings.visibilityTimeout = Milliseconds(1500) }
        try await server.test { client in
            let response = try await client.call(.get, "/get-stats")
            #expect(response.text.contains(#""checkout_lifetime":"1.5s""#))
        }
    }

    @Test(arguments: ["/send-message", "/receive-message", "/delete-message/x", "/get-stats"])
    func optionsAndHeadAreAnsweredAndTouchNothing(path: String) async throws {
        let server = try TestServer()
        try await server.test { client in
            for method in [HTTPRequest.Method.options, .head] {
                let response = try await client.call(method, path)
                #expect(response.status == .ok)
                #expect(response.text.isEmpty)
                #expect(response.headers[.accessControlAllowOrigin] == "*")
                #expect(
                    response.headers[.accessControlAllowHeaders] == "Origin, X-Requested-With, Content-Type, Accept")
                #expect(response.headers[.accessControlAllowMethods] == "POST, GET, OPTIONS, HEAD, DELETE")
            }
        }
        #expect(server.storage.read { $0.seen.isEmpty })
    }

    @Test func everyReplyHasTheThreeHeaders() async throws {
        try await TestServer().test { client in
            let calls: [(HTTPRequest.Method, String, String?)] = [
                (.post, "/send-message", #"{"message":"a"}"#), (.get, "/receive-message", nil),
                (.delete, "/delete-message/x", nil), (.get, "/get-stats", nil),
            ]
            for (method, path, body) in calls {
                let response = try await client.call(method, path, body)
                #expect(response.status == .ok)
                #expect(response.headers[.accessControlAllowOrigin] == "*")
                #expect(
                    response.headers[.accessControlAllowHeaders] == "Origin, X-Requested-With, Content-Type, Accept")
                #expect(response.headers[.accessControlAllowMethods] == "POST, GET, OPTIONS, HEAD, DELETE")
            }
        }
    }

    @Test func refusalsOfTheStorageAreTexts() async throws {
        let server = try TestServer()
        server.storage.edit { $0.rejection = .busy }
        try await server.test { client in
            for path in ["/receive-message", "/get-stats"] {
                let response = try await client.call(.get, path)
                #expect(response.status == .serviceUnavailable)
                #expect(response.headers[.contentType] == "text/plain; charset=utf-8")
                #expect(response.headers[.retryAfter] == "1")
                #expect(response.headers[.accessControlAllowOrigin] == "*")
            }
        }
    }

    @Test func offLeavesThePathsOut() async throws {
        try await TestServer(aweq: false).test { client in
            for path in ["/receive-message", "/get-stats"] {
                let response = try await client.call(.get, path)
                #expect(response.status == .notFound)
                #expect(try response.problem().detail.contains("send-message") == false)
            }
        }
    }

    @Test func theQueueThatTheServerMakesIsThatOfTheDocument() throws {
        let change = AweQConfiguration(queue: try QueueName("aweq")).settings(maximumMessageBytes: 77)
        #expect(change.visibilityTimeout == .seconds(120))
        #expect(change.retention == .unlimited)
        #expect(change.redelivery == .back)
        #expect(change.maximumMessageBytes == 77)
        #expect(change.delay == nil && change.receiveWait == nil)
    }
}
