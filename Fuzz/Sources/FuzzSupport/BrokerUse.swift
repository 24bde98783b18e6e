package import RoostCore
package import RoostModel

/// Uses a broker as the engine does: whatever a check let through must serve any request without a trap, and must take
/// each entry that it makes itself.
package struct BrokerUse {
    package var broker: Broker
    package var now: BrokerTime
    private var places = UInt32(1)
    private var handles: [(queue: UInt32, handle: ReceiptHandle)] = []

    package init(_ broker: Broker, now: BrokerTime = BrokerTime(milliseconds: 1_800_000_000_000)) {
        self.broker = broker
        self.now = now
    }

    package mutating func run(_ source: inout ByteSource, steps: Int) {
        for _ in 0..<steps {
            // Refusals are answers too.
            do { try step(&source) } catch is Rejection {} catch {
                report("the broker refused itself: \(error)")
            }
        }
    }

    package mutating func step(_ source: inout ByteSource) throws {
        let (choice, pick) = (source.byte(), Int(source.byte()))
        let ids = broker.listQueues(prefix: "", after: nil, limit: 8).ids
        guard !ids.isEmpty, choice > 8 else { return try create(pick) }
        let queue = ids[pick % ids.count]
        guard let name = broker.queueName(queue) else { return }
        switch choice % 16 {
        case 0, 1: try send(to: queue, delay: pick)
        case 2, 3: try lease(from: queue, pick)
        case 4: try useHandle(deletes: true)
        case 5: try useHandle(deletes: false)
        case 6: look(at: queue)
        case 7, 8: try passTime(1 << (pick % 45))
        case 9: try useMessage(of: queue, pick)
        case 10: try carryOut(.purgeQueue(broker.preparePurgeQueue(name)))
        case 11: try carryOut(.deleteQueue(broker.prepareDeleteQueue(name)))
        case 12:
            try carryOut(.changeSettings(broker.prepareChangeSettings(name, .init(retention: .seconds(9)), now: now)))
        case 13: try carryOut(.pauseQueue(broker.preparePauseQueue(name, reason: "fuzz", now: now)))
        case 14: try carryOut(.resumeQueue(broker.prepareResumeQueue(name)))
        default: try passTime(0)
        }
    }

    private mutating func carryOut(_ entry: Entry) throws {
        places += 1
        var effects = Effects()
        let place = BodyLocation(segment: 3, offset: (places % 1_000_000) << 3, length: 40)
        try broker.apply(entry, at: place, effects: &effects)
    }

    private mutating func create(_ pick: Int) throws {
        let creation = try broker.prepareCreateQueue(QueueName("fuzz-\(pick % 4)"), .init(), now: now)
        if case .entry(let entry) = creation { try carryOut(.createQueue(entry)) }
    }

    private mutating func send(to queue: UInt32, delay: Int) throws {
        let message = NewMessage(body: [1], delay: Milliseconds(Int64(delay & 1 * delay * 1000)))
        try carryOut(.send(broker.prepareSend(to: queue, message, now: now)))
    }

    private mutating func lease(from queue: UInt32, _ pick: Int) throws {
        let timeout = Milliseconds(Int64(pick) * 100)
        guard
            let entry = try broker.prepareLease(
                from: queue, maximum: 1 + pick % 10, visibilityTimeout: timeout, now: now)
        else { return }
        try carryOut(.lease(entry))
        for slot in entry.slots { handles.append((queue, broker.leased(slot, by: entry).handle)) }
    }

    private mutating func useHandle(deletes: Bool) throws {
        guard let (queue, handle) = handles.popLast(), broker.queueName(queue) != nil else { return }
        if deletes {
            if let entry = try broker.prepareDelete(handle, in: queue) { try carryOut(.delete(entry)) }
        } else if let entry = try broker.prepareChangeVisibility(handle, in: queue, timeout: .zero, now: now) {
            try carryOut(.changeVisibility(entry))
        }
    }

    private func look(at queue: UInt32) {
        _ = broker.describe(queue, now: now)
        for state in MessageState.allCases {
            for fromTail in [false, true] { _ = broker.peek(queue, state, fromTail: fromTail, count: 20) }
        }
        broker.forEachLiving { _ in }
    }

    private mutating func useMessage(of queue: UInt32, _ pick: Int) throws {
        let state = MessageState.allCases[pick % MessageState.allCases.count]
        let found = broker.peek(queue, state, fromTail: pick & 8 != 0, count: 5)
        guard let message = found.last, let entry = broker.prepareDelete(message.id, in: queue) else { return }
        switch pick / 16 % 3 {
        case 0: try carryOut(.delete(entry))
        case 1:
            if let entry = broker.prepareDamage(slot: entry.slot, number: entry.number) { try carryOut(.damage(entry)) }
        default: try carryOut(.move(MoveEntry(slot: entry.slot, number: entry.number)))
        }
    }

    private mutating func passTime(_ span: Int) throws {
        now = now + Milliseconds(Int64(span))
        for _ in 0..<20 {
            guard let entry = broker.prepareTick(now: now) else { return }
            try carryOut(.tick(entry))
        }
    }
}

package let fuzzBrokerConfiguration = BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4)))

/// Brokers with something of everything in them, from an empty one to a busy one.
package func sampleBrokers() -> [Broker] {
    [0, 30, 150, 600].map { steps in
        var use = BrokerUse(Broker(configuration: fuzzBrokerConfiguration))
        var random = Random(state: UInt64(steps) + 7)
        let bytes = (0..<steps * 2).map { _ in UInt8(truncatingIfNeeded: random.next() >> 8) }
        bytes.withUnsafeBufferPointer { buffer in
            var source = ByteSource(buffer.baseAddress, buffer.count)
            use.run(&source, steps: steps)
        }
        return use.broker
    }
}

package struct Random: RandomNumberGenerator {
    var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
