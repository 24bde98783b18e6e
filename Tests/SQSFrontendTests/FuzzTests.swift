import NIOEmbedded
import SQSFrontend
import Testing

/// Valid requests with random damage. There is nothing to compare: any trap ends the test process.
@Suite struct FuzzTests {
    private static let bodies = [
        ("SendMessage", #"{"QueueUrl":"q1","MessageBody":"a\u00e9\ud83d\ude00b","DelaySeconds":5}"#),
        (
            "SendMessage",
            #"{"QueueUrl":"q1","MessageBody":"x","MessageAttributes":{"a.b":{"DataType":"Binary.x","#
                + #""BinaryValue":"AP8="}}}"#
        ),
        (
            "SendMessageBatch",
            #"{"QueueUrl":"q1","Entries":[{"Id":"a","MessageBody":"x"},{"Id":"b","MessageBody":"y"}]}"#
        ),
        (
            "ReceiveMessage",
            #"{"QueueUrl":"q1","MaxNumberOfMessages":10,"AttributeNames":["All"],"MessageAttributeNames":["a.*"]}"#
        ),
        (
            "DeleteMessage",
            #"{"QueueUrl":"http://h/000000000000/q1","ReceiptHandle":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#
        ),
        ("CreateQueue", #"{"QueueName":"q2","Attributes":{"VisibilityTimeout":"7"},"tags":{}}"#),
        ("ListQueues", #"{"QueueNamePrefix":"q","MaxResults":1,"NextToken":"cTE="}"#),
        ("GetQueueAttributes", #"{"QueueUrl":"q1","AttributeNames":["All","QueueArn"]}"#),
    ]

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(Array("{}[]\",:\\u-0e".utf8).randomElement(using: &random) ?? 0, at: index)
        case 3: bytes.removeSubrange(index...)
        case 4: bytes.insert(contentsOf: bytes[index...].prefix(20), at: index)
        default: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
    }

    @Test func damagedBodiesNeverTrap() {
        var random = SeededRandom(seed: 20_261_121)
        var scope = ActionScope(account: "000000000000")
        let start = ContinuousClock.now
        var rounds = 0
        var good = 0
        while rounds < 200_000, rounds % 1000 != 0 || ContinuousClock.now - start < .seconds(2) {
            rounds += 1
            let (action, body) = Self.bodies[rounds % Self.bodies.count]
            var bytes = Array(body.utf8)
            for _ in 0..<Int.random(in: 0...4, using: &random) { damage(&bytes, &random) }
            let index = ActionTable.rows.firstIndex { "\($0.name)" == action } ?? 0
            if case .success = bytes.withUnsafeBytes({ ActionTable.plan(index, $0, &scope) }) { good += 1 }
        }
        #expect(good > 0 && good < rounds)
    }

    @Test func damagedConnectionsNeverTrap() throws {
        var random = SeededRandom(seed: 42)
        let start = ContinuousClock.now
        var rounds = 0
        while rounds < 3000, ContinuousClock.now - start < .seconds(2) {
            rounds += 1
            let client = try TestClient()
            for _ in 0..<3 {
                let (action, body) = Self.bodies[Int.random(in: Self.bodies.indices, using: &random)]
                var bytes = Array(TestClient.request(action, body).utf8)
                if Bool.random(using: &random) { damage(&bytes, &random) }
                let cut = Int.random(in: 0...bytes.count, using: &random)
                try? client.write(Array(bytes[..<cut]))
                if Bool.random(using: &random) { client.settle() }
                try? client.write(Array(bytes[cut...]))
                if Bool.random(using: &random) { client.advance(seconds: 3) }
            }
            client.settle()
            _ = try? client.channel.finish(acceptAlreadyClosed: true)
            client.settle()
            client.settle()
            #expect(client.load.isIdle)
        }
        #expect(rounds > 10)
    }
}
