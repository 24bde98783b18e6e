import NIOCore
import NIOEmbedded
import RoostModel
import RoostStorage
import SQSFrontend
import Synchronization
import Testing

/// Policies of queues, seen from connections with access keys.
@Suite struct PolicyAccessTests {
    private let test: SignatureCase

    init() throws { test = try #require(try SignatureCase.named("SendMessage")) }

    private func client(account: String? = nil, _ permissions: Set<Permission>? = nil) throws -> TestClient {
        let key = AccessKey(
            id: "AKIDEXAMPLE", secret: SignatureCase.keys.all[1].secret, account: account, permissions: permissions)
        let now = test.now
        return try TestClient(accessKeys: AccessKeys([key]), now: { now })
    }

    private func setPolicy(_ client: TestClient, _ policy: String?) throws {
        let queue = try QueueName("q1")
        client.storage.state.withLock { state in
            state.queues[queue]?.settings.properties["sqs.Policy"] = policy
            state.version? += 1
        }
    }

    private static func policy(_ effect: String, _ principal: String = #""*""#, _ action: String = "sqs:*") -> String {
        #"{"Statement":{"Effect":"\#(effect)","Principal":\#(principal),"Action":"\#(action)","Resource":"*"}}"#
    }

    /// Sends the request and lets the storage answer as often as it takes.
    private func send(_ client: TestClient) throws -> TestClient.Response {
        try client.write(test.text)
        for _ in 0..<3 { client.settle() }
        return try #require(try client.response())
    }

    private func asked(_ client: TestClient) -> Int {
        client.seen().count { if case .describeQueue = $0 { true } else { false } }
    }

    private func sent(_ client: TestClient) -> Int {
        client.seen().count { if case .send = $0 { true } else { false } }
    }

    @Test(arguments: [nil, UInt64(1)])
    func aDenialCountsMoreThanTheKey(_ version: UInt64?) throws {
        let client = try client()
        client.storage.state.withLock { $0.version = version }
        #expect(try send(client).status == 200)
        try setPolicy(client, Self.policy("Deny"))
        let denied = try send(client)
        #expect(denied.status == 403)
        #expect(denied.headers["x-amzn-query-error"] == "AccessDenied;Sender")
        #expect(denied.message?.hasSuffix("with an explicit deny in a resource-based policy") == true)
        #expect(sent(client) == 1)
        try setPolicy(client, Self.policy("Deny", #"{"AWS":"111111111111"}"#))
        #expect(try send(client).status == 200)
        try setPolicy(client, nil)
        #expect(try send(client).status == 200)
    }

    @Test(arguments: [nil, UInt64(1)])
    func aPolicyLetsOtherAccountsIn(_ version: UInt64?) throws {
        let client = try client(account: "111111111111")
        client.storage.state.withLock { $0.version = version }
        #expect(try send(client).status == 403)
        try setPolicy(client, Self.policy("Allow", #"{"AWS":"arn:aws:iam::111111111111:root"}"#, "SQS:SendMessage"))
        #expect(try send(client).status == 200)
        try setPolicy(client, Self.policy("Allow", #"{"AWS":"111111111111"}"#, "SQS:ReceiveMessage"))
        #expect(try send(client).status == 403)
        #expect(sent(client) == 1)
    }

    @Test func whatTheKeyMayNotDoNoPolicyGives() throws {
        let client = try client([.receiveMessage])
        try setPolicy(client, Self.policy("Allow"))
        #expect(try send(client).status == 403)
        #expect(client.seen().isEmpty)
    }

    @Test func withoutAVersionThePolicyIsAskedForEachTime() throws {
        let client = try client()
        for _ in 0..<3 { #expect(try send(client).status == 200) }
        #expect(asked(client) == 3)
    }

    @Test func aPolicyIsAskedForOnceUntilPropertiesChange() throws {
        let client = try client()
        client.storage.state.withLock { $0.version = 1 }
        for _ in 0..<3 { #expect(try send(client).status == 200) }
        #expect(asked(client) == 1)
        // Any change of any queue.
        client.storage.state.withLock { $0.version = 2 }
        for _ in 0..<3 { #expect(try send(client).status == 200) }
        #expect(asked(client) == 2)
    }

    /// The answer is older than the change: it may be used for this request, and for none after it.
    @Test func aChangeThatPassesTheQuestionIsNotMissed() throws {
        let client = try client()
        client.storage.state.withLock { $0.version = 1 }
        try client.write(test.text)
        client.loop.run()
        client.storage.answer()
        try setPolicy(client, Self.policy("Deny"))
        for _ in 0..<2 { client.settle() }
        #expect(try client.response()?.status == 200)
        #expect(try send(client).status == 403)
    }

    @Test func aMissingQueueHasNoPolicy() throws {
        let client = try client()
        client.storage.state.withLock { $0.queues = [:] }
        #expect(try send(client).type == "com.amazonaws.sqs#QueueDoesNotExist")
        let stranger = try self.client(account: "111111111111")
        stranger.storage.state.withLock { $0.queues = [:] }
        #expect(try send(stranger).status == 403)
    }

    @Test func aPolicyThatCannotBeReadAllowsNothing() throws {
        let client = try client()
        try setPolicy(client, "{")
        #expect(try send(client).status == 403)
        #expect(sent(client) == 0)
    }

    @Test func whatTheStorageRefusesIsSaid() throws {
        let client = try client()
        client.storage.state.withLock { $0.refusal = .busy }
        #expect(try send(client).status == 503)
        #expect(client.load.isIdle == false || asked(client) == 1)
    }

    @Test func aClientThatLeavesWhileThePolicyIsReadSendsNothing() throws {
        let client = try client()
        try client.write(test.text)
        client.loop.run()
        try client.channel.close().wait()
        for _ in 0..<3 { client.settle() }
        #expect(asked(client) == 1)
        #expect(sent(client) == 0)
    }

    /// No entry of it is left to submit.
    @Test(arguments: [
        ("SendMessageBatch", #"{"Id":"a","MessageBody":""}"#),
        ("DeleteMessageBatch", #"{"Id":"a","ReceiptHandle":"x"}"#),
        ("ChangeMessageVisibilityBatch", #"{"Id":"a","ReceiptHandle":"x","VisibilityTimeout":1}"#),
    ])
    func aBatchOfFailuresNeedsLeaveToo(_ action: String, _ entry: String) throws {
        let index = try ActionTable.index(ofTarget: "AmazonSQS.\(action)")
        var scope = ActionScope(account: "000000000000")
        let body = Array(#"{"QueueUrl":"q1","Entries":[\#(entry)]}"#.utf8)
        let plan = try body.withUnsafeBytes { ActionTable.plan(index, $0, &scope) }.get()
        #expect(plan.accessNeeds(.sendMessage).first?.queue == (try QueueName("q1")))
    }

    @Test func aMoveNeedsLeaveForItsTarget() throws {
        let names = try (QueueName("dlq"), QueueName("target"))
        let plan = Plan.single(
            .startMove(MoveOptions(from: names.0, to: names.1)), .moveStarted(MoveOptions(from: names.0)))
        let needs = plan.accessNeeds(.startMessageMoveTask)
        #expect(needs == AccessNeeds(.init(.startMessageMoveTask, on: names.0), .init(.sendMessage, on: names.1)))
    }
}
