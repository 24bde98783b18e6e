import RoostModel
import RoostStorage
import SQSFrontend
import Testing

/// Signatures and permissions, seen from a connection.
@Suite struct AccessTests {
    private func client(_ now: Int64, _ keys: AccessKeys = SignatureCase.keys) throws -> TestClient {
        try TestClient(accessKeys: keys, now: { now })
    }

    /// The key that the cases are signed with, with restrictions.
    private func key(
        account: String? = nil, queues: [String]? = nil, _ permissions: Set<Permission>? = nil
    ) -> AccessKeys {
        AccessKeys([
            AccessKey(
                id: "AKIDEXAMPLE", secret: SignatureCase.keys.all[1].secret, account: account,
                queues: queues?.map { Wildcard($0) }, permissions: permissions)
        ])
    }

    private func response(_ test: SignatureCase, _ client: TestClient) throws -> TestClient.Response {
        try client.write(test.text)
        return try #require(try client.settledResponse(), "\(test.name)")
    }

    @Test func aSignedRequestIsCarriedOut() throws {
        let test = try #require(try SignatureCase.named("SendMessage"))
        let client = try client(test.now)
        #expect(try response(test, client).status == 200)
        #expect(try response(test, client).status == 200)
        #expect(client.seen().count { if case .send = $0 { true } else { false } } == 2)
    }

    @Test func nothingThatIsWronglySignedReachesTheStorage() throws {
        for test in try SignatureCase.all() where test.expect != "ok" {
            let client = try client(test.now)
            let status = try response(test, client).status
            // A GET without an action is not found, signed or not.
            #expect([400, 403, 404].contains(status), "\(test.name): \(status)")
            #expect(client.seen().isEmpty, "\(test.name)")
        }
    }

    @Test func theAnswerNamesTheCodeInBothProtocols() throws {
        let json = try #require(try SignatureCase.named("wrong secret"))
        let response = try response(json, client(json.now))
        #expect(response.status == 403)
        #expect(response.type == "com.amazon.coral.service#InvalidSignatureException")
        #expect(response.headers["x-amzn-query-error"] == "SignatureDoesNotMatch;Sender")
        #expect(response.message?.hasPrefix("The request signature we calculated does not match") == true)
        let query = try #require(try SignatureCase.named("presigned, wrong secret"))
        let xml = try self.response(query, client(query.now))
        #expect(xml.status == 403)
        #expect(xml.body.contains("<Code>SignatureDoesNotMatch</Code>"))
    }

    @Test func aRefusedRequestDoesNotEndTheConnection() throws {
        let wrong = try #require(try SignatureCase.named("body changed"))
        let right = try #require(try SignatureCase.named("SendMessage"))
        let client = try client(right.now)
        try client.write(wrong.text + right.text)
        #expect(try client.settledResponse()?.status == 403)
        #expect(try client.settledResponse()?.status == 200)
    }

    @Test func aBodyThatComesInPiecesIsVerifiedWhole() throws {
        let test = try #require(try SignatureCase.named("SendMessage"))
        let client = try client(test.now)
        let bytes = Array(test.text.utf8)
        for part in [bytes[..<300], bytes[300..<(bytes.count - 5)], bytes[(bytes.count - 5)...]] {
            try client.write(Array(part))
        }
        #expect(try client.settledResponse()?.status == 200)
    }

    @Test func strangersDoNotLearnWhatIsServed() throws {
        let client = try client(0)
        try client.write(TestClient.request("NoSuchAction", "{}"))
        #expect(try client.response()?.type?.hasSuffix("MissingAuthenticationTokenException") == true)
        try client.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response()?.status == 200)
    }

    @Test func withoutKeysAnySignatureIsTaken() throws {
        for name in ["wrong secret", "unknown key", "not signed", "X-Amz-Content-SHA256 UNSIGNED-PAYLOAD"] {
            let test = try #require(try SignatureCase.named(name))
            #expect(try response(test, TestClient()).status == 200, "\(name)")
        }
    }

    // MARK: Permissions

    private func isSent(_ keys: AccessKeys) throws -> Bool {
        let test = try #require(try SignatureCase.named("SendMessage"))
        let client = try client(test.now, keys)
        let response = try response(test, client)
        guard response.status != 200 else { return true }
        #expect(response.status == 403)
        #expect(response.headers["x-amzn-query-error"] == "AccessDenied;Sender")
        // The policy may have been asked for.
        #expect(client.seen().allSatisfy { if case .describeQueue = $0 { true } else { false } })
        return false
    }

    @Test func aKeyMayDoWhatItsActionsAndQueuesName() throws {
        #expect(try isSent(key()))
        #expect(try isSent(key(queues: ["q1"])))
        #expect(try isSent(key(queues: ["other", "q*"])))
        #expect(try isSent(key(queues: ["*"], [.sendMessage])))
        #expect(try !isSent(key(queues: ["q2"])))
        #expect(try !isSent(key(queues: ["Q1"])))
        #expect(try !isSent(key(queues: [])))
        #expect(try !isSent(key([.receiveMessage])))
        #expect(try !isSent(key(queues: ["q1"], [])))
    }

    @Test func aKeyOfAnotherAccountNeedsAPolicy() throws {
        #expect(try !isSent(key(account: "111111111111")))
        #expect(try isSent(key(account: "000000000000")))
    }

    @Test func theTextNamesWhoWhatAndWhere() throws {
        let rules = AccessRules(account: "000000000000", region: "us-east-1")
        let fault = rules.refusal(key([]).all[0], .sendMessage, on: try QueueName("q1"))
        #expect(
            fault?.message == "User: arn:aws:iam::000000000000:user/AKIDEXAMPLE is not authorized to perform: "
                + "sqs:sendmessage on resource: arn:aws:sqs:us-east-1:000000000000:q1 because no identity-based policy "
                + "allows the sqs:sendmessage action")
    }

    @Test func allQueuesTogetherAreForKeysOfAllQueues() {
        let rules = AccessRules(account: "000000000000", region: "us-east-1")
        #expect(rules.refusal(key().all[0], .listQueues, on: nil) == nil)
        #expect(rules.refusal(key(queues: ["*"]).all[0], .listQueues, on: nil) == nil)
        #expect(rules.refusal(key(queues: ["q*"]).all[0], .listQueues, on: nil)?.code == .accessDenied)
    }

    @Test func aPolicyDeniesAndAllows() throws {
        let rules = AccessRules(account: "000000000000", region: "us-east-1")
        func policy(_ effect: String) throws -> Policy {
            let text = #"{"Statement":{"Effect":"\#(effect)","Principal":"*","Action":"sqs:*","Resource":"*"}}"#
            return try Array(text.utf8).withUnsafeBytes { try PolicyReader.read($0) }
        }
        let queue = try QueueName("q1")
        let stranger = key(account: "111111111111").all[0]
        #expect(try rules.refusal(stranger, .sendMessage, on: queue, policy: policy("Allow")) == nil)
        #expect(try rules.refusal(key().all[0], .sendMessage, on: queue, policy: policy("Deny"))?.code == .accessDenied)
        // What the key itself may not do, no policy gives.
        let narrow = key([.receiveMessage]).all[0]
        #expect(try rules.refusal(narrow, .sendMessage, on: queue, policy: policy("Allow")) != nil)
    }

    @Test func everyActionHasAPermission() {
        for row in ActionTable.rows { #expect(Permission(action: "\(row.name)") != nil, "\(row.name)") }
        #expect(ActionTable.rows.count == 23)
        #expect(Permission(action: "SendMessageBatch") == .sendMessage)
        #expect(Permission(action: "NoSuchAction") == nil)
    }
}
