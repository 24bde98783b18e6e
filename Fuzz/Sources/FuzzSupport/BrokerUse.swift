package import FuzzRunner
package import RoostCore
package import RoostModel

/// Uses a broker as the engine does: whatever a check let through must serve any request without a trap, and must take
/// each entry that it makes itself.
package struct BrokerUse {
    package var broker: Broker
    package var now: BrokerTime
    /// The entries that were made here, written as input of fuzz-entries, when it is not nil.
    package var journal: [UInt8]?
    var handles: [(queue: UInt32, handle: ReceiptHandle)] = []
    private var places = UInt32(1)

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

    package static let bytesOfStep = 3

    /// A request: what, of which queue, and how.
    package mutating func step(_ source: inout ByteSource) throws {
        let (choice, place, pick) = (Int(source.byte()), Int(source.byte()), Int(source.byte()))
        let ids = broker.listQueues(prefix: "", after: nil, limit: 8).ids
        guard !ids.isEmpty else { return try create(pick) }
        let queue = ids[place % ids.count]
        guard let name = broker.queueName(queue) else { return }
        switch Self.verbs[choice % Self.verbs.count] {
        case .create: try create(pick)
        case .send: try send(to: queue, pick)
        case .lease: try lease(from: queue, pick)
        case .delete: try useHandle(deletes: true)
        case .release: try useHandle(deletes: false)
        case .look: look(at: queue)
        case .passTime: try passTime(pick)
        case .useMessage: try useMessage(of: queue, pick)
        case .purge: try carryOut(.purgeQueue(broker.preparePurgeQueue(name)))
        case .deleteQueue: try carryOut(.deleteQueue(broker.prepareDeleteQueue(name)))
        case .settings: try carryOut(.changeSettings(broker.prepareChangeSettings(name, settings(pick), now: now)))
        case .pause: try carryOut(.pauseQueue(broker.preparePauseQueue(name, reason: "fuzz", now: now)))
        case .resume: try carryOut(.resumeQueue(broker.prepareResumeQueue(name)))
        case .bury: try bury(pick)
        case .kick: try kick(queue, pick)
        case .startMove: try startMove(from: name, pick)
        case .stepMoves: try stepMoves(pick)
        case .cancelMove: try cancelMove(pick)
        case .moveByID: try moveByID(from: queue, pick)
        case .keys: try useKeys(place, pick)
        case .bridge: try useBridge(queue, pick)
        }
    }

    private enum Verb: CaseIterable {
        case create, send, lease, delete, release, look, passTime, useMessage, purge, deleteQueue, settings, pause
        case resume, bury, kick, startMove, stepMoves, cancelMove, moveByID, keys, bridge

        /// How often it comes, for what takes everything away must not come often.
        var weight: Int {
            switch self {
            case .send, .lease: 14
            case .keys, .bridge: 8
            case .create, .passTime, .stepMoves: 5
            case .delete, .release, .settings, .bury, .resume: 4
            case .useMessage, .kick, .startMove, .moveByID: 3
            case .look: 2
            case .purge, .deleteQueue, .pause, .cancelMove: 1
            }
        }
    }

    private static let verbs = Verb.allCases.flatMap { [Verb](repeating: $0, count: $0.weight) }

    /// A send needs its message, for the record.
    mutating func carryOut(_ entry: Entry, _ message: NewMessage? = nil) throws {
        places += 1
        var effects = Effects()
        let place = BodyLocation(segment: 3, offset: (places % 1_000_000) << 3, length: 40)
        try broker.apply(entry, at: place, effects: &effects)
        Reach.note("made", entry.kind)
        if journal != nil { note(entry, message) }
    }

    private mutating func note(_ entry: Entry, _ message: NewMessage?) {
        let payload = EntryText.payload(of: entry, message ?? NewMessage(body: [1]))
        guard payload.count <= UInt8.max else { return }
        journal? += [entry.kind.rawValue, UInt8(payload.count)] + payload + [0]
    }

    // MARK: Queues

    /// The upper half of the names are those of FIFO queues.
    static func name(_ pick: Int) throws -> QueueName {
        try QueueName(pick % 8 < 4 ? "fuzz-\(pick % 8)" : "fuzz-\(pick % 8).fifo")
    }

    private mutating func create(_ pick: Int) throws {
        let name = try Self.name(pick)
        var change = QueueSettingsChange(isFIFO: name.isFIFO)
        if name.isFIFO {
            change.deduplicatesContent = pick & 8 != 0
            change.deduplicationScope = pick & 16 != 0 ? .group : .queue
        }
        if pick & 32 != 0 {
            change.deadLetters = .some(DeadLetterPolicy(target: try Self.name(pick ^ 1), receivesMax: 1))
        }
        let creation = try broker.prepareCreateQueue(name, change, now: now)
        if case .entry(let entry) = creation { try carryOut(.createQueue(entry)) }
    }

    private func settings(_ pick: Int) throws -> QueueSettingsChange {
        switch pick >> 4 {
        case 0: .init(retention: .seconds(9))
        case 1: .init(retention: .unlimited)
        case 2: .init(deadLetters: .some(nil))
        case 3: .init(deadLetterSources: DeadLetterSources.none)
        case 4: .init(deadLetterSources: .these([try Self.name(pick), try Self.name(pick + 1)]))
        case 5: .init(deadLetterSources: .all)
        case 6: .init(properties: ["sqs.policy": "{}", "fuzz": "\(pick)"])
        case 7: .init(properties: ["fuzz": nil])
        case 8: .init(delay: .seconds(Int64(pick % 2 * 60)))
        case 9: .init(redelivery: pick & 1 == 0 ? .front : .back)
        case 10: .init(safePop: pick & 1 == 0)
        default: .init(deadLetters: .some(DeadLetterPolicy(target: try Self.name(pick), receivesMax: 1 + pick / 8 % 3)))
        }
    }

    // MARK: Messages

    /// All but one message are purged and freed.
    mutating func fillAndEmpty(messages: Int) throws {
        try create(0)
        guard let queue = broker.listQueues(prefix: "", after: nil, limit: 1).ids.first else { return }
        for _ in 0..<messages { try send(to: queue, 0) }
        try carryOut(.purgeQueue(broker.preparePurgeQueue(Self.name(0))))
        for _ in 0..<messages / 1000 + 1 { try passTime(1) }
        try send(to: queue, 0)
    }

    private mutating func send(to queue: UInt32, _ pick: Int) throws {
        let isFIFO = broker.settings(of: queue).isFIFO
        var message = NewMessage(body: [1], delay: Milliseconds(Int64(pick & 1 * pick * 1000)))
        if isFIFO || pick & 2 != 0 { message.group = "g\(pick / 4 % 4)" }
        if isFIFO { message.deduplication = Deduplication(id: "d\(pick / 4 % 16)", isOfContent: pick & 64 != 0) }
        if pick & 128 != 0 { message.labels = MessageLabels(sender: "s", trace: pick & 64 != 0 ? "t" : nil) }
        let entry = try broker.prepareSend(to: queue, message, now: now)
        if let original = broker.original(of: entry) {
            guard isFIFO, original.number < entry.number else { report("\(original) cannot be an original") }
            return Reach.note("found a duplicate")
        }
        try carryOut(.send(entry), message)
    }

    private mutating func lease(from queue: UInt32, _ pick: Int) throws {
        let timeout = Milliseconds(Int64(pick) * 100)
        let maximum = 1 + pick % 10
        for _ in 0..<100 {
            guard let dead = broker.prepareDeadLetters(from: queue, maximum: maximum, now: now) else { break }
            try carryOut(.transfer(dead))
            Reach.note("moved dead letters")
        }
        guard
            let entry = try broker.prepareLease(from: queue, maximum: maximum, visibilityTimeout: timeout, now: now)
        else { return }
        try carryOut(.lease(entry))
        for slot in entry.slots { handles.append((queue, broker.leased(slot, by: entry).handle)) }
    }

    private mutating func useHandle(deletes: Bool) throws {
        guard let (queue, handle) = handles.popLast(), broker.queueName(queue) != nil else { return }
        _ = broker.held(handle, in: queue)
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
        _ = broker.deadLetterSources(of: queue, after: nil, limit: 3)
        _ = broker.moveTasks(from: queue, limit: 10)
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

    /// Mostly minutes at most. Far jumps end everything by retention.
    private mutating func passTime(_ pick: Int) throws {
        let exponent = pick < 240 ? pick % 18 : pick * 3 % 45
        // Later than the year 2500 is no time of a broker.
        now = min(now + Milliseconds(Int64(1) << Int64(exponent) - 1), BrokerTime(milliseconds: 16_725_225_600_000))
        for _ in 0..<20 {
            guard let entry = broker.prepareTick(now: now) else { return }
            try carryOut(.tick(entry))
        }
    }
}

package let fuzzBrokerConfiguration = BrokerConfiguration(sealingKey: SealingKey(words: (1, 2, 3, 4)))
