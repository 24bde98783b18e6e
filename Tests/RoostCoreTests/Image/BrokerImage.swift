import RoostCore
import RoostModel

/// The sections of an image, as somebody who keeps them would have them.
struct BrokerImage: Equatable {
    var sections: [[UInt8]] = []

    init(of broker: Broker) {
        var writer = BrokerImageWriter(broker)
        var section: [UInt8] = []
        while writer.next(&section) { sections.append(section) }
    }

    var byteCount: Int { sections.reduce(0) { $0 + $1.count } }

    func restored(
        _ configuration: BrokerConfiguration = Rehearsal.configuration
    ) throws(BrokerImageError) -> Broker {
        var reader = BrokerImageReader(configuration: configuration)
        for section in sections {
            // A block of its own size, so that a read past the end is seen by an address checker.
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: section.count, alignment: 8)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: section)
            try reader.take(UnsafeRawBufferPointer(buffer))
        }
        return try reader.finish()
    }

    mutating func flip(bit: Int, of section: Int) { sections[section][bit / 8] ^= 1 << UInt8(bit % 8) }
}

/// Uses a broker at random, as the engine would, without a model to compare it with.
struct Exercise {
    var broker: Broker
    var random: SplitMix64
    var now = BrokerTime(milliseconds: 1_700_000_100_000)
    /// Entries that the broker made and then did not take.
    var mismatches = 0
    private static let groupNames = ["a", "b", "c", "d", "e"]
    private var handles: [(UInt32, ReceiptHandle)] = []
    private var places = UInt32(1)

    init(_ broker: Broker, seed: UInt64) {
        self.broker = broker
        random = SplitMix64(seed: seed)
    }

    mutating func run(_ steps: Int) throws {
        for _ in 0..<steps {
            // Refusals are answers too.
            do { try step() } catch is Rejection {} catch is EntryMismatch { mismatches += 1 }
        }
    }

    private mutating func step() throws {
        let queues = broker.listQueues(prefix: "", after: nil, limit: 10).ids
        if random.chance(15) { try passTime() }
        guard let queue = queues.isEmpty ? nil : random.pick(queues), let name = broker.queueName(queue) else {
            return try create()
        }
        _ = broker.describe(queue, now: now)
        switch random.below(100) {
        case ..<25: try send(to: queue)
        case ..<45: try lease(from: queue)
        case ..<50: try redrive(queue, to: random.pick(queues))
        case ..<65: try useHandle()
        case ..<70: try buryOrKick(in: queue)
        case ..<85: try useMessage(of: queue)
        case ..<89: try create()
        case ..<92: try move(from: queue, name)
        case ..<95:
            try carryOut(.changeSettings(broker.prepareChangeSettings(name, .init(retention: .seconds(9)), now: now)))
        case ..<97: try carryOut(.purgeQueue(broker.preparePurgeQueue(name)))
        case ..<98: try carryOut(.deleteQueue(broker.prepareDeleteQueue(name)))
        default: try carryOut(.resumeQueue(broker.prepareResumeQueue(name)))
        }
    }

    private mutating func carryOut(_ entry: Entry) throws {
        places += 1
        try broker.carryOut(entry, at: BodyLocation(segment: 3, offset: (places % 1_000_000) << 3, length: 40))
    }

    private mutating func create() throws {
        let number = random.below(4)
        let name = try QueueName("exercise-\(number)")
        var change = QueueSettingsChange(isFIFO: number == 3)
        let target = try QueueName("exercise-\(random.below(4))")
        if number == 1, random.chance(70) {
            change.deadLetters = .some(DeadLetterPolicy(target: try QueueName("exercise-0"), receivesMax: 1))
        } else if broker.queueName((try? broker.queueID(named: target)) ?? .max) != nil, random.chance(50) {
            change.deadLetters = DeadLetterPolicy(target: target, receivesMax: 1 + random.below(3))
        }
        if case .entry(let entry) = try broker.prepareCreateQueue(name, change, now: now) {
            try carryOut(.createQueue(entry))
        }
    }

    private mutating func send(to queue: UInt32) throws {
        let isFIFO = broker.settings(of: queue).isFIFO
        let delay = Milliseconds(Int64(random.chance(50) ? 0 : random.below(100_000)))
        let needsGroup = isFIFO || random.chance(30)
        let group = needsGroup ? random.pick(Self.groupNames) : nil
        let deduplication = isFIFO && random.chance(70) ? Deduplication(id: "\(random.below(20))") : nil
        let message = NewMessage(body: [1], delay: delay, group: group, deduplication: deduplication)
        let entry = try broker.prepareSend(to: queue, message, now: now)
        if broker.original(of: entry) == nil { try carryOut(.send(entry)) }
    }

    private mutating func lease(from queue: UInt32) throws {
        let timeout = Milliseconds(Int64(random.below(100_000)))
        for _ in 0..<3 {
            guard let entry = broker.prepareDeadLetters(from: queue, maximum: 4, now: now) else { break }
            try carryOut(.transfer(entry))
        }
        guard let entry = try broker.prepareLease(from: queue, maximum: 4, visibilityTimeout: timeout, now: now)
        else { return }
        try carryOut(.lease(entry))
        for slot in entry.slots { handles.append((queue, broker.leased(slot, by: entry).handle)) }
    }

    private mutating func redrive(_ queue: UInt32, to target: UInt32) throws {
        let found = broker.peek(queue, .ready, fromTail: random.chance(50), count: 1 + random.below(4))
        let isOneType = broker.settings(of: queue).isFIFO == broker.settings(of: target).isFIFO
        guard !found.isEmpty, queue != target, isOneType else { return }
        let slots = found.map(\.slot)
        try carryOut(.transfer(TransferEntry(from: queue, to: target, at: now, purpose: .redrive, slots: slots)))
    }

    private mutating func useHandle() throws {
        guard !handles.isEmpty else { return }
        let (queue, handle) = handles.remove(at: random.below(handles.count))
        guard broker.queueName(queue) != nil else { return }
        if random.chance(50) {
            if let entry = try broker.prepareDelete(handle, in: queue) { try carryOut(.delete(entry)) }
        } else {
            let timeout = Milliseconds(Int64(random.chance(60) ? 0 : random.below(50_000)))
            let entry = try broker.prepareChangeVisibility(handle, in: queue, timeout: timeout, now: now)
            if let entry { try carryOut(.changeVisibility(entry)) }
        }
    }

    private mutating func move(from queue: UInt32, _ name: QueueName) throws {
        if let entry = broker.prepareDeadLetters(from: queue, maximum: 4, now: now) {
            return try carryOut(.transfer(entry))
        }
        guard let running = broker.runningMoves.first, random.chance(70) else {
            let to = random.chance(50) ? nil : try QueueName("exercise-\(random.below(4))")
            return try carryOut(.startMove(broker.prepareStartMove(MoveOptions(from: name, to: to), now: now)))
        }
        switch broker.prepareMoveStep(running.id, maximum: 1 + random.below(4), now: now) {
        case .transfer(let entry): try carryOut(.transfer(entry))
        case .end(let entry): try carryOut(.endMove(entry))
        default: try carryOut(.endMove(broker.prepareCancelMove(running.id, now: now)))
        }
    }

    private mutating func buryOrKick(in queue: UInt32) throws {
        if random.chance(30) {
            if let entry = try broker.prepareKick(1 + random.below(3), of: queue, now: now) {
                try carryOut(.kick(entry))
            }
        } else if let (queue, handle) = handles.last, broker.queueName(queue) != nil {
            let burial = Burial(reason: "too hard", error: "line \(random.below(1000))", by: "w")
            try carryOut(.bury(broker.prepareBury(handle, in: queue, burial, now: now)))
        }
    }

    private mutating func useMessage(of queue: UInt32) throws {
        let state = random.pick(MessageState.allCases)
        let found = broker.peek(queue, state, fromTail: random.chance(50), count: 5)
        guard !found.isEmpty, let entry = broker.prepareDelete(random.pick(found).id, in: queue) else { return }
        let (slot, number) = (entry.slot, entry.number)
        switch random.below(3) {
        case 0: try carryOut(.delete(entry))
        case 1: if let entry = broker.prepareDamage(slot: slot, number: number) { try carryOut(.damage(entry)) }
        default: try carryOut(.move(MoveEntry(slot: slot, number: number)))
        }
    }

    private mutating func passTime() throws {
        now = now + Milliseconds(Int64(random.chance(90) ? random.below(50_000) : random.below(1 << 40)))
        for _ in 0..<10 {
            guard let entry = broker.prepareTick(now: now) else { return }
            try carryOut(.tick(entry))
        }
    }
}
