import RoostCore
import RoostModel
import Testing

@Suite("What queues and their settings take up is counted")
struct SettingsMemoryTests {
    private let policy = String(repeating: "p", count: 40_000)

    private func brokerWithPolicies(_ count: Int) throws -> Broker {
        var broker = Broker.forTests()
        for number in 0..<count {
            try broker.createQueue("q\(number)", QueueSettingsChange(properties: ["policy": policy]))
        }
        return broker
    }

    private func change(_ name: String, _ change: QueueSettingsChange, _ broker: inout Broker) throws {
        try broker.carryOut(
            .changeSettings(broker.prepareChangeSettings(QueueName(name), change, now: Broker.testTime)))
    }

    @Test("In memory: properties, when they are given, taken away, and when their queue goes")
    func memory() throws {
        var broker = Broker.forTests()
        let empty = broker.queueBytes
        try broker.createQueue("q", QueueSettingsChange(properties: ["policy": policy]))
        let full = broker.queueBytes
        #expect(full - empty > policy.utf8.count)
        try change("q", QueueSettingsChange(properties: ["policy": String?.none]), &broker)
        let without = broker.queueBytes
        #expect(without <= full - policy.utf8.count && without > empty)
        try change("q", QueueSettingsChange(properties: ["policy": policy]), &broker)
        #expect(broker.queueBytes == full)
        try broker.carryOut(.deleteQueue(broker.prepareDeleteQueue(QueueName("q"))))
        try broker.catchUp(now: Broker.testTime)
        #expect(broker.queueBytes < without)
    }

    @Test("In memory: 10,000 queues")
    func queues() throws {
        var broker = Broker.forTests()
        let empty = broker.queueBytes
        for number in 0..<10_000 { try broker.createQueue("q\(number)") }
        #expect(broker.queueBytes - empty > 10_000 * 300)
    }

    @Test("In an image, so that there is room for it on the disk; and it is the same after one was read")
    func image() throws {
        let broker = try brokerWithPolicies(100)
        let image = BrokerImage(of: broker)
        #expect(abs(broker.imageBytesEstimate - image.byteCount) < image.byteCount / 50)
        let restored = try image.restored(BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4))))
        #expect(restored.imageBytesEstimate == broker.imageBytesEstimate)
        #expect(restored.queueBytes == broker.queueBytes)
    }
}
